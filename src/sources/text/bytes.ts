import type { Hash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import { NotRegularFile, openRegularHandle } from '../../files/regular-file.ts'
import type { SourceFile } from './file.ts'
import type { FileWatch } from './file-watch.ts'
import { BrokenZstd, isZstd, unpackZstd } from './zstd.ts'

const CHUNK = 64 * 1024

const GZIP = [0x1f, 0x8b]
const ZIP = [0x50, 0x4b, 0x03, 0x04]

export interface ByteOptions {
  /** Fed with the bytes as they are on disk, before any unpacking. */
  hash?: Hash
  /** Told of the file: it must not change until the whole source has been read. */
  watch?: FileWatch
  signal?: AbortSignal
}

/**
 * The bytes of a file, chunk by chunk, unpacked if they are gzip or zstd. That is told by their first bytes (RFC 1952: 1f 8b,
 * RFC 8878: 28 b5 2f fd) and not by the name.
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
    if (startsWith(first.value, GZIP)) yield* unpackGzip(whole)
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

async function* chain(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

async function* unpackGzip(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // An error on either side reaches the reader through the iteration; the callback only keeps it from being unhandled.
  yield* pipeline(Readable.from(packed), createGunzip({ chunkSize: CHUNK }), () => {})
}

function startsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}

function zipRefused(file: SourceFile): SourceError {
  return new SourceError({
    code: 'zip_archive',
    message: 'the file is a ZIP archive, not text',
    hint: 'unpack it and name the file inside; gzip files are read as they are',
    at: { file: file.name },
  })
}

function readable(error: unknown, file: SourceFile): unknown {
  if (error instanceof OperatorError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const at = { file: file.name }
  if (error instanceof NotRegularFile) return irregular(file, error)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ManifestError({
        code: 'file_not_found',
        message: `there is no file ${file.name}`,
        hint: `looked for ${file.path}; relative paths start at the manifest's folder`,
        at,
      })
    case 'EACCES':
    case 'EPERM':
      return new SourceError({
        code: 'file_unreadable',
        message: 'the file may not be read by this user',
        hint: `check its permissions: ls -l ${file.path}`,
        at,
      })
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return new SourceError({
        code: 'broken_gzip',
        message: 'the gzip data is damaged or cut off',
        hint: `test it with: gzip -t < ${file.path}; then copy or export it again`,
        at,
      })
    case BrokenZstd.code:
      return new SourceError({
        code: 'broken_zstd',
        message: 'the zstd data is damaged or cut off',
        hint: `test it with: zstd -t ${file.path}; then copy or export it again`,
        at,
      })
    default:
      if (typeof code !== 'string' || !code.startsWith('E') || code.startsWith('ERR_')) return error
      return new SourceError({ code: 'file_unreadable', message: `reading the file failed (${code})`, at })
  }
}

/** A pipe cannot be read again, which a plan that is applied later needs. */
function irregular({ name }: SourceFile, { what }: NotRegularFile): ManifestError {
  const hint = what === 'a folder' ? 'name a file in it' : 'write its content to a file, and name that'
  return new ManifestError({ code: 'not_a_file', message: `${name} is ${what}`, hint, at: { file: name } })
}
