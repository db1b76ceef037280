import { describe, expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'
import { FAST, startWorkos } from '../e2e/workos.ts'
import { type Canary, found, leaksIn } from './canaries.ts'

const KEY = 'sk_live_canaryWrittenOut04'
const OTHER = 'sk_test_canaryOfAnotherEnvironment05'
const canaries: Canary[] = [
  { name: 'key', secret: KEY },
  { name: 'key of another environment', secret: OTHER },
]

const whole = `source: { type: csv, path: ./users.csv }
target:
  type: workos
  baseUrl: http://127.0.0.1:9
  apiKey: ${KEY}
environments:
  staging:
    target: { apiKey: ${OTHER} }
`

/** Manifests with an error at, before or after the key in them. */
const broken: Record<string, string> = {
  'a quote that is not closed': whole.replace(KEY, `"${KEY}`),
  'a tab': whole.replace('  apiKey', '\tapiKey'),
  'a key twice': whole.replace('  apiKey', `  apiKey: ${OTHER}\n  apiKey`),
  'a misspelt key name': whole.replace('apiKey: sk_live', 'apiKye: sk_live'),
  'a section misspelt': whole.replace('target:\n', 'targte:\n'),
  'the key in the place of a section': `source: { type: csv, path: ./users.csv }\ntarget: ${KEY}\n`,
  'the key in the place of a number': `${whole}run: { workers: ${KEY} }\n`,
  'the key in the place of a list': `${whole}prune: ${KEY}\n`,
  'the key as a source': whole.replace('type: csv', `type: ${KEY}`),
  'the key in an address': whole.replace('http://127.0.0.1:9', `http://user:${KEY}@127.0.0.1:9`),
  'the key as a query': whole.replace('http://127.0.0.1:9', `https://example.com/?key=${KEY}`),
  'the key in an expression': `${whole}map: { user: { name: "$lowercase(${KEY}" } }\n`,
  'the key with a line end': whole.replace(`apiKey: ${KEY}`, `apiKey: "${KEY}\\nsecond-line"`),
  'the key in a block': whole.replace(`apiKey: ${KEY}`, `apiKey: |\n    ${KEY}\n    ${OTHER}`),
  'the key as a default': whole.replace(`apiKey: ${KEY}`, `apiKey: \${NOT_SET:-${KEY} and a blank}`),
  'the key as a file name': whole.replace(`apiKey: ${KEY}`, `apiKey: \${file:./${KEY}}`),
  'the key as a name of a variable': whole.replace(`apiKey: ${KEY}`, `apiKey: \${${KEY}}`),
  'the key under an anchor': `${whole}name: *${KEY}\n`,
  'a file that the key names': whole.replace('./users.csv', `./${KEY}.csv`),
}

const LINES = [
  ['validate'],
  ['validate', '--json'],
  ['validate', '-e', 'staging', '--offline', '--json'],
  ['config'],
  ['config', '--json', '--origins'],
  ['plan'],
  ['apply', '--yes', '--json'],
  ['state', 'list'],
]

async function leaks(project: Project, args: string[]) {
  const { exit, stdout, stderr } = await project.run(args, { env: { WORKOS_MIGRATE_DEBUG: '1' } })
  return {
    exit,
    stdout: found(stdout, canaries),
    stderr: found(stderr, canaries),
    files: leaksIn(project.folder, canaries, ['migrate.config.yaml', 'users.csv']),
  }
}

describe.each(Object.entries(broken))('%s', (_, manifest) => {
  test.each(LINES.map((line) => [line.join(' '), line]))('%s shows no key', async (_, line) => {
    const project = createProject()
    project.write('migrate.config.yaml', manifest)
    const { exit, ...shown } = await leaks(project, line)
    expect(shown).toEqual({ stdout: [], stderr: [], files: [] })
    if (line[0] !== 'config') expect(exit).toBe(3)
  })
})

test('a literal key causes a warning, works, and is never shown', async () => {
  const workos = await startWorkos()
  const project = createProject()
  project.csv('users.csv', [{ email: 'ada@example.com' }])
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    target: { type: 'workos', baseUrl: workos.url, apiKey: KEY },
    run: { ...FAST, workers: 1 },
  })
  const warned = await project.run(['validate'])
  expect(warned.stderr).toContain('[literal_secret]')
  for (const line of [...LINES, ['apply', '--yes'], ['verify']]) {
    const { exit, ...shown } = await leaks(project, line.includes('staging') ? ['validate'] : line)
    expect({ line, ...shown, exit }).toEqual({ line, stdout: [], stderr: [], files: [], exit: 0 })
  }
})
