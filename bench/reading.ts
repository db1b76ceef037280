import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { SourceConfig } from '../src/config/manifest.ts'

/** The resources of reading a source, in a separate process. */
export interface Reading {
  records: number
  rejected: number
  seconds: number
  /** Peak resident memory, MiB. */
  peakMiB: number
}

/** Reads a source in a folder. @throws Error if the process fails */
export async function measureReading(folder: string, source: SourceConfig): Promise<Reading> {
  const program = fileURLToPath(new URL('./read-source.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(source)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if ((await closed) !== 0) throw new Error(`reading failed: ${stderr}`)
  return JSON.parse(stdout)
}

/** The JSON text of one user, about 450 characters. */
function user(index: number): string {
  return JSON.stringify({
    id: `user_${index}`,
    number: index * 1.5,
    email: `user${index}@example.com`,
    verified: index % 2 === 0,
    name: `Bjørn "${index}" Beispiel`,
    attributes: [
      { name: 'plan', value: 'pro' },
      { name: 'note', value: 'brackets ]}[{ in a text'.repeat(8) },
    ],
    hash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  })
}

/**
 * Writes users as one JSON document, `{"data": {"users": […]}}`, of at least this many bytes.
 * @returns the number of users
 */
export function writeJsonDocument(folder: string, name: string, bytes: number): number {
  let users = 0
  write(join(folder, name), (add) => {
    let length = add('{"exported": "2026-01-01", "data": {"total": 0, "users": [\n')
    while (length < bytes) {
      length += add(`${users === 0 ? '' : ',\n'}${user(users)}`)
      users += 1
    }
    add('\n]}}\n')
  })
  return users
}

/** Writes users, one per line. */
export function writeNdjson(folder: string, name: string, users: number): void {
  write(join(folder, name), (add) => {
    for (let index = 0; index < users; index += 1) add(`${user(index)}\n`)
  })
}

/** Writes one membership per user, in an order unrelated to that of the users. */
export function writeMemberships(folder: string, name: string, users: number): void {
  write(join(folder, name), (add) => {
    add('user_id,organization_id\n')
    for (let index = 0; index < users; index += 1) add(`user_${(index * 7919) % users},org-${index % 500}\n`)
  })
}

function write(path: string, fill: (add: (text: string) => number) => void): void {
  const file = openSync(path, 'w')
  let pending = ''
  fill((part) => {
    pending += part
    if (pending.length > 1 << 18) {
      writeSync(file, pending)
      pending = ''
    }
    return Buffer.byteLength(part)
  })
  writeSync(file, pending)
  closeSync(file)
}
