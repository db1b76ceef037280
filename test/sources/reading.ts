import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { SourceConfig } from '../../src/config/manifest.ts'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { openSource } from '../../src/sources/registry.ts'
import type { Snapshot } from '../../src/sources/snapshot/snapshot.ts'
import type { RejectedRecord, SourceRecord, StreamCount } from '../../src/sources/source.ts'

export interface Reading {
  records: SourceRecord[]
  /** Lengths of the chunks. */
  chunks: number[]
  rejected: RejectedRecord[]
  warnings: Problem[]
  counts: StreamCount[]
  digest: string
}

/** A folder with these files, removed after the test. */
export function folderWith(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  mkdirSync(join(folder, 'scratch'), { mode: 0o700 })
  return folder
}

/** Reads a source in a folder to its end. */
export async function readAll(
  config: SourceConfig,
  directory: string,
  chunkSize = 1000,
  snapshot?: Snapshot,
): Promise<Reading> {
  const rejected: RejectedRecord[] = []
  const warnings: Problem[] = []
  const source = await openSource(config, {
    directory,
    scratch: join(directory, 'scratch'),
    reject: (record) => rejected.push(record),
    warn: (problem) => warnings.push(problem),
    snapshot,
  })
  const records: SourceRecord[] = []
  const chunks: number[] = []
  for await (const chunk of source.read(chunkSize)) {
    records.push(...chunk)
    chunks.push(chunk.length)
  }
  return { records, chunks, rejected, warnings, counts: source.counts(), digest: source.digest() }
}

/** Reads one CSV file. */
export function readCsv(content: string | Buffer, options: { delimiter?: string } = {}): Promise<Reading> {
  return readAll({ type: 'csv', path: 'users.csv', ...options }, folderWith({ 'users.csv': content }))
}

/** The counts of each stream. */
export function sums(reading: Reading): [stream: string, read: number, passed: number, rejected: number][] {
  return reading.counts.map(({ stream, read, passed, rejected }) => [stream, read, passed, rejected])
}
