import { expect, test } from 'vitest'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { checkExpressions } from '../../src/mapping/check.ts'
import { folderOf, inspect, load, loadText, MINIMAL, problemsOf } from './folder.ts'

const TEXT = `${MINIMAL}vars:
  organization: { name: Acme }
  list: [1, two, { three: 3 }]
secrets: { signer: "\${SIGNER}" }
environments:
  staging:
    vars: { organization: { id: "\${ORG:-none}" } }
    secrets: { signer: "\${STAGING_SIGNER}" }
`

test('vars keep their shape, and an environment can add to them', async () => {
  const env = { SIGNER: 'signer-one', STAGING_SIGNER: 'signer-two' }
  const { manifest } = await loadText(TEXT, { env })
  expect(manifest.vars).toEqual({ organization: { name: 'Acme' }, list: [1, 'two', { three: 3 }] })
  expect(manifest.secrets).toEqual({ signer: 'signer-one' })
  const staging = await loadText(TEXT, { env, environment: 'staging' })
  expect(staging.manifest.vars.organization).toEqual({ name: 'Acme', id: 'none' })
  expect(staging.manifest.secrets).toEqual({ signer: 'signer-two' })
})

test('a changed var changes the digest, but a changed secret does not', async () => {
  const digest = async (text: string, signer: string) => (await loadText(text, { env: { SIGNER: signer } })).digest
  const before = await digest(TEXT, 'signer-one')
  expect(await digest(TEXT, 'signer-two')).toBe(before)
  expect(await digest(TEXT.replace('Acme', 'Other'), 'signer-one')).not.toBe(before)
})

test('a secret is registered with and without padding', async () => {
  const redactor = new Redactor()
  await loadText(TEXT, { redactor, env: { SIGNER: 'c2lnbmVyLXNpZ25lcj8-_w==' } })
  const shown = 'c2lnbmVyLXNpZ25lcj8-_w== c2lnbmVyLXNpZ25lcj8-_w c2lnbmVyLXNpZ25lcj8+/w'
  expect(redactor.redact(shown)).toBe('[redacted] [redacted] [redacted]')
})

test.each([
  ['secrets: { signer: written-out-secret }', 0],
  ['environments: { other: { secrets: { signer: written-out-secret } } }', 0],
  ['secrets: { firebase: { signer: written-out-secret } }', 1],
  ['secrets: { signer: 123456789012 }', 1],
])('%s is a warning, and its value is masked', async (line, problems) => {
  const redactor = new Redactor()
  const folder = folderOf({ 'migrate.config.yaml': `${MINIMAL}${line}\n` })
  const inspected = await inspect(folder, { redactor })
  expect(inspected.problems).toHaveLength(problems)
  expect(inspected.loaded.warnings).toMatchObject([{ code: 'literal_secret', at: { line: 3 } }])
  expect(redactor.redact('written-out-secret 123456789012')).toMatch(/\[redacted\]/)
})

test('an unset secret is a problem at its place', async () => {
  const folder = folderOf({ 'migrate.config.yaml': TEXT })
  expect(await problemsOf(folder)).toMatchObject([{ code: 'unset_reference', path: 'secrets.signer', at: { line: 6 } }])
  const { unresolved } = await load(folder, { offline: true })
  expect(unresolved).toEqual([['secrets', 'signer']])
})

test('an unknown var and a misplaced secret are reported at their places', async () => {
  const text = `${MINIMAL}vars: { organization: { name: Acme } }
secrets: { signer: "\${SIGNER}" }
map:
  organization:
    name: $vars.organization.nam
    externalId: >-
      "x" &
      $secrets.signer
`
  const loaded = await loadText(text, { env: { SIGNER: 'signer-one' } })
  expect(checkExpressions(loaded)).toMatchObject([
    { code: 'unknown_variable', at: { line: 7, column: 30 }, hint: 'did you mean $vars.organization.name?' },
    { code: 'misplaced_secret', at: { line: 10, column: 7 } },
  ])
})
