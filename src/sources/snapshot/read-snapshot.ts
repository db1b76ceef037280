import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { codeOf, SourceError } from '../../diagnostics/errors.ts'
import { figure } from '../../diagnostics/printable.ts'
import { NotRegularFile, readRegular } from '../../files/regular-file.ts'
import { damaged, digestStreams, HEAD, parseHead, type SnapshotHead } from './format.ts'
import { readRows } from './rows.ts'
import type { Snapshot, SnapshotStream } from './snapshot.ts'

/**
 * Opens a finished snapshot. Its rows are checked while they are read.
 * @throws SourceError when there is none, when a file is missing or has another length, when `snapshot.json` was edited
 */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const folder = resolve(path)
  const { toolVersion: _toolVersion, ...head } = await readHead(folder)
  await Promise.all(head.streams.map((stream) => checkLength(folder, stream)))
  if (digestStreams(head.streams) !== head.digest) throw damaged(folder, 'its digest is not that of its streams')
  return {
    ...head,
    folder,
    read: (name, signal) => {
      const stream = head.streams.find((candidate) => candidate.name === name)
      return stream === undefined ? nothing() : readRows({ ...stream, path: join(folder, stream.file) }, signal)
    },
  }
}

async function readHead(folder: string): Promise<SnapshotHead> {
  let text: string
  try {
    text = readRegular(join(folder, HEAD)).toString('utf8')
  } catch (error) {
    if (error instanceof NotRegularFile) throw damaged(folder, `${HEAD} is ${error.what}`, error)
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    throw new SourceError(
      {
        code: 'no_snapshot',
        message: `there is no finished snapshot in ${folder}`,
        hint: `a snapshot is a folder with a ${HEAD}; workos-migrate export makes one`,
        at: { file: folder },
      },
      { cause: error },
    )
  }
  return parseHead(text, folder)
}

async function checkLength(folder: string, { file, bytes }: SnapshotStream): Promise<void> {
  const path = join(folder, file)
  const size = await stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
  if (size === bytes) return
  throw damaged(
    folder,
    size === undefined
      ? `${file} is missing`
      : `${file} has ${figure(size)} bytes, and was written with ${figure(bytes)}`,
  )
}

async function* nothing(): AsyncGenerator<never> {}
