import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadManifest, type Manifest } from '../../src/index.ts'
import { folderOf } from '../cli/harness.ts'

/** Users of one organization, and a manifest with a sandbox in the folder. */
export function people(count: number, organization = 'acme'): string {
  const rows = Array.from({ length: count }, (_, index) => {
    const name = `${organization}-${index + 1}`
    return `${name},${name}@example.com,${organization},${organization}`
  })
  return `external_id,email,org_external_id,org_name\n${rows.join('\n')}\n`
}

export function project(users: string, more: object = {}): string {
  const manifest = {
    name: 'library',
    source: { type: 'csv', path: 'users.csv' },
    target: { type: 'sandbox' },
    ...more,
  }
  return folderOf({ 'migrate.config.yaml': JSON.stringify(manifest), 'users.csv': users })
}

export function loaded(cwd: string): Promise<Manifest> {
  return loadManifest({ cwd })
}

/** Replaces the users of a project. */
export function rewrite(cwd: string, users: string): void {
  writeFileSync(join(cwd, 'users.csv'), users)
}

export async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
