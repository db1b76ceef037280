import { pipeline, Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'

/** RFC 8878: the frames of data, and the sixteen kinds of frames that hold none. */
const FRAME = 0xfd2fb528
const SKIPPABLE = 0x184d2a50

/** Whether these bytes begin like a zstd file. */
export function isZstd(bytes: Buffer): boolean {
  return bytes.length >= 4 && isFrame(bytes.readUInt32LE(0))
}

/** The data is damaged or cut off, or something else follows it. */
export class BrokenZstd extends Error {
  static readonly code = 'BROKEN_ZSTD'
  readonly code = BrokenZstd.code
}

/**
 * Unpacks zstd. A file may be made of several frames (`cat a.zst b.zst`, pzstd), of which Node's decompressor reads only the
 * first and drops the others without a word: each gets a decompressor of its own.
 * @throws BrokenZstd; whatever `packed` throws
 */
export async function* unpackZstd(packed: AsyncGenerator<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0)
  try {
    for (;;) {
      while (pending.length < 4) {
        const next = await packed.next()
        if (next.done) {
          if (pending.length > 0) throw new BrokenZstd()
          return
        }
        pending = Buffer.concat([pending, next.value])
      }
      const magic = pending.readUInt32LE(0)
      if (!isFrame(magic)) throw new BrokenZstd()
      pending = magic === FRAME ? yield* unpackFrame(pending, packed, chunkSize) : await skipFrame(pending, packed)
    }
  } finally {
    await packed.return(undefined)
  }
}

function isFrame(magic: number): boolean {
  return magic === FRAME || (magic & 0xfffffff0) >>> 0 === SKIPPABLE
}

/** @returns what was read of the bytes behind the frame */
async function* unpackFrame(
  first: Buffer,
  packed: AsyncGenerator<Buffer>,
  chunkSize: number,
): AsyncGenerator<Buffer, Buffer> {
  const decompressor = createZstdDecompress({ chunkSize })
  /** What was handed to the decompressor and may not have been taken yet, from the position `from` in the frame on. */
  const handed: Buffer[] = []
  let from = 0
  let reading: Promise<Buffer | undefined> = Promise.resolve(first)
  const take = async (): Promise<Buffer | undefined> => {
    const next = await packed.next()
    return next.done ? undefined : next.value
  }
  const hand = (chunk: Buffer | undefined): Buffer | undefined => {
    while (handed[0] !== undefined && from + handed[0].length <= decompressor.bytesWritten) {
      from += handed.shift()?.length ?? 0
    }
    if (chunk !== undefined) handed.push(chunk)
    return chunk
  }
  reading = reading.then(hand)
  async function* feed(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = await reading
      if (chunk === undefined) return
      yield chunk
      reading = take().then(hand)
      reading.catch(() => {})
    }
  }
  // Errors are told by the iteration; without the callback they would count as unhandled too when nobody iterates to the end.
  try {
    yield* pipeline(Readable.from(feed()), decompressor, () => {})
  } catch (error) {
    throw error instanceof Error && 'code' in error && /^Z/.test(String(error.code)) ? new BrokenZstd() : error
  }
  // The feeder reads ahead: what it was waiting for when the frame ended belongs to the next one.
  await reading
  return Buffer.concat(handed).subarray(decompressor.bytesWritten - from)
}

async function skipFrame(first: Buffer, packed: AsyncGenerator<Buffer>): Promise<Buffer> {
  let bytes = first
  const need = async (length: number): Promise<void> => {
    while (bytes.length < length) {
      const next = await packed.next()
      if (next.done) throw new BrokenZstd()
      bytes = Buffer.concat([bytes, next.value])
    }
  }
  await need(8)
  let left = 8 + bytes.readUInt32LE(4)
  while (bytes.length < left) {
    left -= bytes.length
    bytes = Buffer.alloc(0)
    await need(1)
  }
  return bytes.subarray(left)
}
