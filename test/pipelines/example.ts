import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newPostgresLocation, postgresPrograms } from '../postgres.ts'

/** Shared parts of the tests that run jobs of examples/gitops. */

/**
 * The state that all jobs share: a schema in PostgreSQL. If PostgreSQL is not installed (the set-up
 * reports it), a local file replaces it.
 */
export async function stateFor(repository: string): Promise<string> {
  const location = postgresPrograms === undefined ? undefined : await newPostgresLocation()
  for (const name of ['staging', 'production']) {
    const path = join(repository, `.workos-migrate/shared/${name}.sqlite`)
    const state = location === undefined ? { type: 'sqlite', url: null, path } : { schema: location.schema }
    const manifest = join(repository, `environments/${name}/migrate.config.yaml`)
    appendFileSync(manifest, `\nstate: ${JSON.stringify(state)}\n`)
  }
  return location?.url ?? 'postgres://nobody@127.0.0.1:1/none'
}

/**
 * Seals the users of the rehearsal as the source of an environment.
 * @param seal runs `scripts/source.sh seal NAME`
 * @param change changes the users file
 * @returns the archives by name
 */
export async function sealSource(
  repository: string,
  name: string,
  seal: () => Promise<void>,
  change: (users: string) => string,
): Promise<Map<string, Buffer>> {
  const source = join(repository, `environments/${name}/source`)
  cpSync(join(repository, 'rehearsal'), source, { recursive: true })
  writeFileSync(join(source, 'users.csv'), change(readFileSync(join(source, 'users.csv'), 'utf8')))
  mkdirSync(join(repository, 'sealed'), { recursive: true })
  await seal()
  const sealed = join(repository, 'sealed')
  const archives = new Map(readdirSync(sealed).map((file) => [file, readFileSync(join(sealed, file))]))
  for (const folder of [sealed, source]) rmSync(folder, { recursive: true })
  return archives
}
