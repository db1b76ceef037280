import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { command, type Files, folderOf, type Outcome, type World } from './harness.ts'

/** Part of every key, hash and password of the cases, to find leaked secrets. */
export const SECRET = 's3cr3t'
export const KEY = `sk_test_${SECRET}`

/** Three lines of a manifest; the lines of a case begin on line 4. */
export const MANIFEST = `source: { type: csv, path: users.csv }
target: { type: workos, baseUrl: "\${BASE_URL}", apiKey: "\${WORKOS_API_KEY}" }
run: { workers: 1 }
`

/** A valid row of users.csv. */
export const GOOD_ROW = 'good@example.com'

export interface Prepared {
  env?: Record<string, string>
  /** Called after the command. */
  after?: () => void
}

export interface BadInput {
  name: string
  /** Default: `apply --yes`, which writes if no check stops it. */
  args?: readonly string[]
  /** Added to the manifest. */
  manifest?: string
  /** Files besides the manifest and users.csv, or replacing them. */
  files?: Files
  /** Variables besides BASE_URL and WORKOS_API_KEY, or replacing them. */
  env?: Record<string, string | undefined>
  /** Preparation before the command. */
  prepare?: (world: World) => Prepared | undefined | Promise<Prepared | undefined>
  exit: number
  /** The place as shown: `file:line:column`, as far as known. */
  at?: string
  /** Texts that the output must contain. */
  says: readonly (string | RegExp)[]
}

/** Runs each case against a sandbox that must get no write, and checks the output. */
export function refuses(title: string, cases: readonly BadInput[]): void {
  describe(title, () => {
    let sandbox: Sandbox
    beforeEach(async () => {
      sandbox = await startSandbox({ data: ':memory:' })
    })
    afterEach(() => sandbox.close())

    test.each(cases.map((given) => [given.name, given] as const))('%s', async (_name, given) => {
      const folder = folderOf({
        'migrate.config.yaml': `${MANIFEST}${given.manifest ?? ''}`,
        'users.csv': `email\n${GOOD_ROW}\n`,
        ...given.files,
      })
      const env = { HOME: folder, BASE_URL: sandbox.url, WORKOS_API_KEY: KEY, ...given.env }
      const prepared = await given.prepare?.({ cwd: folder, env })
      const before = sandbox.requests().writes
      const world = { cwd: folder, env: { ...env, ...prepared?.env } }
      const outcome = await command(given.args ?? ['apply', '--yes'], world)
      prepared?.after?.()
      expectRefusal(outcome, given)
      expect(sandbox.requests().writes).toBe(before)
      expect(leftovers(folder)).toEqual([])
    })
  })
}

/** Checks exit code, place and texts, without stack traces, secrets and control characters. */
export function expectRefusal({ code, stdout, stderr }: Outcome, { exit, at, says }: BadInput): void {
  const said = `${stdout}${stderr}`
  for (const words of says) expect(said).toMatch(words)
  if (at !== undefined) expect(said).toMatch(new RegExp(`(^|[\\s(])${RegExp.escape(at)}(?!\\d|:\\d)`, 'm'))
  expect({ code, said }).toMatchObject({ code: exit })
  expect(said).not.toMatch(/^\s+at .*[:(]\d+/m)
  expect(said).not.toContain(SECRET)
  expect(said.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
}

/** Remaining scratch folders. */
function leftovers(folder: string): string[] {
  const state = join(folder, '.workos-migrate')
  return existsSync(state) ? readdirSync(state).filter((name) => name.startsWith('scratch-')) : []
}
