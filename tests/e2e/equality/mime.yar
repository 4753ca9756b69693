// SPDX-License-Identifier: Apache-2.0
// Our own variable against libyara's own module: they must say the same.
import "magic"

rule mime_agrees { condition: mime == magic.mime_type() }
rule mime_differs { condition: mime != magic.mime_type() }
