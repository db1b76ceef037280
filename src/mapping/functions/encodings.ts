import { BadInput } from '../../diagnostics/bad-input.ts'
import { decode, ENCODINGS, type Encoding, encode } from '../../kinds/values/encodings.ts'
import { type MappingFunction, textArgument } from './function.ts'

const CALLED: Record<Encoding, string> = {
  hex: 'hex',
  base64: 'Base64',
  base64Url: 'Base64 for URLs',
  base32: 'Base32',
  text: 'UTF-8 text',
}

/** How the word `foobar` is written, from the test vectors of RFC 4648, section 10. */
const FOOBAR: Record<Encoding, string> = {
  hex: '666f6f626172',
  base64: 'Zm9vYmFy',
  base64Url: 'Zm9vYmFy',
  base32: 'MZXW6YTBOI',
  text: 'foobar',
}

/** A function from each encoding to each other: `$hexToBase64`, `$base64UrlToBase64`, `$textToBase32` … */
export const encodingFunctions: readonly MappingFunction[] = ENCODINGS.flatMap((from) =>
  ENCODINGS.filter((to) => to !== from).map((to) => recoding(from, to)),
)

function recoding(from: Encoding, to: Encoding): MappingFunction {
  const name = `${from}To${to.charAt(0).toUpperCase()}${to.slice(1)}`
  return {
    name,
    theme: 'Encodings',
    signature: `$${name}(text)`,
    does: `${capitalised(CALLED[from])} as ${CALLED[to]}; nothing for nothing; fails on what is not ${CALLED[from]}.`,
    example: [`$${name}("${FOOBAR[from]}")`, FOOBAR[to]],
    call: (text) => {
      const given = textArgument(text)
      if (given === undefined) return undefined
      const bytes = decode(given, from)
      if (bytes === undefined) throw new BadInput(`the text is not ${CALLED[from]}`)
      const encoded = encode(bytes, to)
      if (encoded === undefined) throw new BadInput(`the bytes are no ${CALLED[to]}`)
      return encoded
    },
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
