import { TextDecoder } from 'node:util'
import { SourceError } from '../../diagnostics/errors.ts'
import type { SourceFile } from './file.ts'

/** How a text is encoded. `latin1` means Windows-1252, as on the web (https://encoding.spec.whatwg.org/#names-and-labels). */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'

export const encodings: readonly Encoding[] = ['utf-8', 'utf-16le', 'utf-16be', 'latin1']

/** Bytes of the beginning that tell the order. */
const LOOKED_AT = 4096

/** Line ends, delimiters, quotes and braces: no table and no JSON begins without any. */
const SHAPING: ReadonlySet<number> = new Set(Buffer.from('\n\r\t,;|":{[', 'latin1'))

/**
 * Bytes of a text as bytes in UTF-8. A byte-order mark decides the encoding, whatever `encoding` says, and without either it is
 * UTF-8, which is passed on unchecked.
 * @throws SourceError when a text in UTF-16 is not, or has its bytes in the other order
 */
export async function* inUtf8(
  file: SourceFile,
  chunks: AsyncGenerator<Buffer>,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    let bytes = chunk
    if (start !== undefined) {
      bytes = start.length === 0 ? chunk : Buffer.concat([start, chunk])
      start = bytes.length < 3 ? bytes : undefined
      if (start !== undefined) continue
      decoder = decoderOf(encodingOf(file, bytes, encoding))
    }
    const text = decoder === undefined ? bytes : decoded(file, decoder, bytes)
    if (text.length > 0) yield text
  }
  if (start !== undefined) decoder = decoderOf(encodingOf(file, start, encoding))
  if (start !== undefined && start.length > 0) yield decoder === undefined ? start : decoded(file, decoder, start)
  const rest = decoder === undefined ? undefined : decoded(file, decoder, undefined)
  if (rest !== undefined && rest.length > 0) yield rest
}

function marked(bytes: Buffer): Encoding | undefined {
  const mark = bytes.subarray(0, 3).toString('hex')
  if (mark === 'efbbbf') return 'utf-8'
  if (mark.startsWith('fffe')) return 'utf-16le'
  return mark.startsWith('feff') ? 'utf-16be' : undefined
}

/** @throws SourceError when the bytes are in the other order than said: they would decode to signs that are no text, without any line end */
function encodingOf(file: SourceFile, bytes: Buffer, said: Encoding): Encoding {
  const mark = marked(bytes)
  if (mark !== undefined) return mark
  if (said !== 'utf-16le' && said !== 'utf-16be') return said
  const { little, big } = orderOf(bytes)
  const [own, other] = said === 'utf-16le' ? [little, big] : [big, little]
  if (other === 0 || own > 0) return said
  const real = said === 'utf-16le' ? 'utf-16be' : 'utf-16le'
  throw new SourceError({
    code: 'wrong_encoding',
    message: `the file is ${real.toUpperCase()}, not ${said.toUpperCase()}: its bytes are in the other order`,
    hint: `set encoding: ${real}`,
    at: { file: file.name, line: 1 },
  })
}

/** How many signs that shape a text stand in its beginning, in the one order and in the other: there they would be U+0A00, U+2C00 and the like. */
function orderOf(bytes: Buffer): { little: number; big: number } {
  let little = 0
  let big = 0
  for (let index = 0; index + 1 < Math.min(bytes.length, LOOKED_AT); index += 2) {
    const [first = 0, second = 0] = [bytes[index], bytes[index + 1]]
    if (second === 0 && SHAPING.has(first)) little += 1
    if (first === 0 && SHAPING.has(second)) big += 1
  }
  return { little, big }
}

function decoderOf(encoding: Encoding): TextDecoder | undefined {
  return encoding === 'utf-8' ? undefined : new TextDecoder(encoding, { fatal: true })
}

/** @param bytes nothing: the end of the text */
function decoded(file: SourceFile, decoder: TextDecoder, bytes: Buffer | undefined): Buffer {
  try {
    return Buffer.from(bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }))
  } catch {
    throw new SourceError({
      code: 'wrong_encoding',
      message: `the file is not ${decoder.encoding.toUpperCase()} throughout`,
      hint: 'it is cut off, or in another encoding: look at its first bytes with xxd',
      at: { file: file.name },
    })
  }
}
