import { mkdirSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { OperatorError } from '../diagnostics/errors.ts'
import { printable } from '../diagnostics/printable.ts'
import { type Purpose, writeWholeFile } from '../files/whole-file.ts'
import type { Misfit, PlacedMisfit } from '../planning/misfits.ts'
import { rejectFile, rejectFormat } from '../reporting/reject-file.ts'
import { counted } from '../reporting/style.ts'
import { remark, type Telling } from '../running/listeners.ts'
import { type Holder, placeTaken } from '../running/output-places.ts'
import { Originals, readOriginals } from '../sources/originals.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import type { Context } from './context.ts'

export interface WriteRejectsOptions extends Telling {
  /** The path as typed on the command line. */
  file: string
  option: string
  misfits: AsyncIterable<PlacedMisfit> | Iterable<PlacedMisfit>
  loaded: LoadedManifest
  /** A private folder that the caller removes. */
  scratch: string
  obtainSnapshot: () => Promise<Snapshot | undefined>
  /** The digest of the source when the misfits were found. */
  digest: string | undefined
  holder: Holder
}

/**
 * Writes the source rows of everything that is rejected, blocked or failed, in one file for each
 * stream.
 */
export async function writeRejects(options: WriteRejectsOptions, context: Context): Promise<void> {
  const folder = join(options.scratch, 'originals')
  mkdirSync(folder, { mode: 0o700 })
  const originals = new Originals<Misfit>(folder)
  try {
    let any = false
    for await (const { misfit, ...place } of options.misfits) {
      any = true
      originals.want(place, misfit)
    }
    if (!any) {
      remark(options, context, `Nothing was rejected, blocked or failed: ${printable(options.file)} is not written.\n`)
      return
    }
    await gather(originals, folder, options, context)
    writeFiles(originals, options, context)
  } finally {
    originals.close()
  }
}

async function gather(
  originals: Originals<Misfit>,
  folder: string,
  { loaded, obtainSnapshot, digest }: WriteRejectsOptions,
  { stderr, interrupted }: Context,
): Promise<void> {
  const why = 'only the key, reason and place of each reject are written'
  try {
    const snapshot = await obtainSnapshot()
    const { directory, manifest } = loaded
    const reading = { directory, scratch: folder, snapshot, signal: interrupted, digest }
    if (await readOriginals(manifest.source, originals, reading)) return
    stderr.write(`The source has changed since then, so ${why}.\n`)
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    originals.forgetRows()
    const hint = error.problems[0]?.hint
    const reason = `${error.message}${hint === undefined ? '' : `; ${hint}`}`
    stderr.write(`The source cannot be read (${printable(reason)}), so ${why}.\n`)
  }
}

function writeFiles(originals: Originals<Misfit>, options: WriteRejectsOptions, context: Context): void {
  const { file, option, holder } = options
  const streams = originals.streams()
  const missing = originals.missingCount()
  const [first = '', ...others] = streams
  const names = others.length === 0 ? [file] : namesFor(file, streams)
  for (const [index, stream] of [first, ...others].entries()) {
    const name = names[index] ?? file
    const path = resolve(context.cwd, name)
    // The file itself was checked before.
    const taken = name === file ? undefined : holder(path)
    if (taken !== undefined) throw placeTaken(option, name, taken)
    const purpose: Purpose = {
      message: `the rejected rows cannot be written to ${name}`,
      code: 'rejects_unwritable',
      hint: `name a file with ${option}, in an existing folder that you can write to`,
    }
    writeWholeFile(path, rejectFile(originals, stream, rejectFormat(name), stream === first && missing > 0), purpose)
    const rows = originals.rowCount(stream)
    const what = [
      ...(rows > 0 ? [`${counted(rows, 'row')}${stream === '' ? '' : ` of ${stream}`}`] : []),
      ...(stream === first && missing > 0 ? [`${counted(missing, 'reason')} without a row`] : []),
    ].join(' and ')
    remark(options, context, `Wrote ${printable(what)} to ${printable(name)}.\n`)
  }
  if (streams.length > 0)
    remark(options, context, 'This is data from the source, including password hashes. Only you can read it.\n')
}

/** A file name for each stream: `out.csv` → `out.users.csv`. */
export function namesFor(file: string, streams: readonly string[]): string[] {
  const ending = extname(file)
  const stem = ending === '' ? file : file.slice(0, -ending.length)
  const names: string[] = []
  for (const stream of streams) {
    const plain = stream.replace(/[^\p{L}\p{N}_-]/gu, '_') || 'others'
    // Some file systems ignore case.
    const isTaken = (name: string) => names.some((other) => other.toLowerCase() === name.toLowerCase())
    let name = `${stem}.${plain}${ending}`
    for (let number = 2; isTaken(name); number += 1) name = `${stem}.${plain}-${number}${ending}`
    names.push(name)
  }
  return names
}
