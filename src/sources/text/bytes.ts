import type { Hash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { codeOf, ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import { NotRegularFile, openRegularHandle } from '../../files/regular-file.ts'
import type { FileWatch, SourceFile } from './file.ts'

const CHUNK = 64 * 1024

const GZIP = [0x1f, 0x8b]
const ZIP = [0x50, 0x4b, 0x03, 0x04]

export interface ByteOptions {
  /** Receives the bytes as they are on disk, before unpacking. */
  hash?: Hash
  /** Watches the file, which must not change until the whole source has been read. */
  watch?: FileWatch
  signal?: AbortSignal
}

/**
 * The bytes of a file in chunks, with gzip and zstd unpacked. Their first bytes decide, not the
 * name (RFC 1952: 1f 8b, RFC 8878: 28 b5 2f fd).
 * @throws ManifestError when there is no such file, SourceError when it cannot be read
 */
export async function* readBytes(file: SourceFile, options: ByteOptions = {}): AsyncGenerator<Buffer> {
  try {
    const raw = fromDisk(file, options)
    const first = await raw.next()
    if (first.done) return
    const whole = chain(first.value, raw)
    if (startsWith(first.value, ZIP)) {
      await raw.return(undefined)
      throw zipRefused(file)
    }
    if (isGzip(first.value)) yield* unpackGzip(Readable.from(whole))
    else if (isZstd(first.value)) yield* unpackZstd(whole, CHUNK)
    else yield* whole
  } catch (error) {
    throw readable(error, file)
  }
}

async function* fromDisk(file: SourceFile, { hash, watch, signal }: ByteOptions): AsyncGenerator<Buffer> {
  const handle = await openRegularHandle(file.path)
  try {
    await watch?.opened(file, handle)
    let bytes = 0
    for await (const chunk of handle.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
      signal?.throwIfAborted()
      hash?.update(chunk)
      bytes += chunk.length
      watch?.read(chunk.length)
      yield chunk
    }
    await watch?.ended(file, handle, bytes, hash)
  } finally {
    await handle.close()
  }
}

/** Puts bytes back in front of the rest. Ends together with the rest. */
export async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

export function isGzip(bytes: Buffer): boolean {
  return startsWith(bytes, GZIP)
}

/** Unpacks gzip in chunks. Throws the errors of zlib and of the stream. */
export function unpackGzip(packed: Readable): AsyncIterable<Buffer> {
  // Errors reach the reader through the iteration. The callback only prevents an unhandled error.
  return pipeline(packed, createGunzip({ chunkSize: CHUNK }), () => {})
}

function startsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}

function zipRefused(file: SourceFile): SourceError {
  return new SourceError({
    code: 'zip_archive',
    message: 'the file is a ZIP archive, not text',
    hint: 'unpack it and name the file inside; only gzip and zstd files can stay packed',
    at: { file: file.name },
  })
}

function readable(error: unknown, file: SourceFile): unknown {
  if (error instanceof OperatorError) return error
  const code = codeOf(error)
  const at = { file: file.name }
  if (error instanceof NotRegularFile) return irregular(file, error)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ManifestError({
        code: 'file_not_found',
        message: `there is no file ${file.name}`,
        hint: `check the path ${file.path}; relative paths start at the manifest's folder`,
        at,
      })
    case 'EACCES':
    case 'EPERM':
      return new SourceError({
        code: 'file_unreadable',
        message: 'the current user cannot read the file',
        hint: `check its permissions: ls -l ${file.path}`,
        at,
      })
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return new SourceError({
        code: 'broken_gzip',
        message: 'the gzip data is damaged or cut off',
        hint: `test it with gzip -t < ${file.path}, then copy or export it again`,
        at,
      })
    case BrokenZstd.code:
      return new SourceError({
        code: 'broken_zstd',
        message: 'the zstd data is damaged or cut off',
        hint: `test it with zstd -t ${file.path}, then copy or export it again`,
        at,
      })
    default:
      if (typeof code !== 'string' || !code.startsWith('E') || code.startsWith('ERR_')) return error
      return new SourceError({ code: 'file_unreadable', message: `reading the file failed (${code})`, at })
  }
}

/** A pipe cannot be read again, but a later apply of the plan must read it again. */
function irregular({ name }: SourceFile, { what }: NotRegularFile): ManifestError {
  const hint = what === 'a folder' ? 'name a file in the folder' : 'write its content to a file and name that file'
  return new ManifestError({ code: 'not_a_file', message: `${name} is ${what}`, hint, at: { file: name } })
}

/** RFC 8878: frames with data, and the sixteen kinds of frames without. */
const FRAME = 0xfd2fb528
const SKIPPABLE = 0x184d2a50

function isZstd(bytes: Buffer): boolean {
  return bytes.length >= 4 && isFrame(bytes.readUInt32LE(0))
}

/** The data is damaged or incomplete, or followed by other data. */
class BrokenZstd extends Error {
  static readonly code = 'BROKEN_ZSTD'
  readonly code = BrokenZstd.code
}

/**
 * Unpacks zstd. A file can have several frames (`cat a.zst b.zst`, pzstd). Node's decompressor
 * reads only the first and silently drops the others, so each frame gets its own decompressor.
 * @throws BrokenZstd; the errors of `packed`
 */
async function* unpackZstd(packed: AsyncGenerator<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
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

/** @returns the bytes that were read after the frame */
async function* unpackFrame(
  first: Buffer,
  packed: AsyncGenerator<Buffer>,
  chunkSize: number,
): AsyncGenerator<Buffer, Buffer> {
  const decompressor = createZstdDecompress({ chunkSize })
  /**
   * Bytes passed to the decompressor that it might not have processed yet, from position `from` in
   * the frame.
   */
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
  // Errors reach the reader through the iteration. The callback prevents an unhandled error if
  // nobody iterates to the end.
  try {
    yield* pipeline(Readable.from(feed()), decompressor, () => {})
  } catch (error) {
    throw codeOf(error)?.startsWith('Z') ? new BrokenZstd() : error
  }
  // The feeder reads ahead: its pending chunk belongs to the next frame.
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
