import { expect, test } from 'vitest'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { folderOf, inspect, load, loadText, MINIMAL, problemsOf } from './folder.ts'

const WORKOS = 'source: { type: csv, path: a }\ntarget: { type: workos, apiKey: "${KEY}" }\n'

test('references are variables, defaults and files', async () => {
  const folder = folderOf({
    'parts/base.yaml': 'safety: { confirm: "${file:./word.txt}" }',
    'parts/word.txt': 'go ahead\n',
    'migrate.config.yaml': `extends: ./parts/base.yaml
source: { type: csv, path: "\${DIR}/\${FILE:-users.csv}" }
target: { type: sandbox, data: "\${EMPTY:-fallback.sqlite}" }
name: a $\${NAME} and \${lower-case} stay`,
  })
  const { manifest } = await load(folder, { env: { DIR: '/data', EMPTY: '' } })
  expect(manifest.source).toMatchObject({ path: '/data/users.csv' })
  expect(manifest.target.data).toBe('fallback.sqlite')
  expect(manifest.safety.confirm).toBe('go ahead')
  expect(manifest.name).toBe('a ${NAME} and ${lower-case} stay')
})

test('a whole reference becomes a number or a boolean if the schema requires it', async () => {
  const text = `${MINIMAL}name: "\${N}"
run: { workers: "\${N}", chunkSize: "\${HEX}" }
metadata: { ascii: "\${NO}" }
safety: { maxDeletes: "\${N}", maxUpdates: "\${P}" }
roles: { unmapped: "\${WORD}" }`
  const { manifest } = await loadText(text, { env: { N: '3', HEX: '0x10', NO: 'false', P: '30%', WORD: 'drop' } })
  expect(manifest).toMatchObject({
    name: '3',
    run: { workers: 3, chunkSize: 16 },
    metadata: { ascii: false },
    safety: { maxDeletes: 3, maxUpdates: '30%' },
    roles: { unmapped: 'drop' },
  })
})

test('only one whole reference is retyped', async () => {
  const folder = folderOf({ 'migrate.config.yaml': `${MINIMAL}run: { workers: "\${A}\${B}" }` })
  expect(await problemsOf(folder, { env: { A: '1', B: '2' } })).toMatchObject([{ code: 'wrong_type' }])
})

test('expressions keep ${, but the stream of a rule does not', async () => {
  const text = `${MINIMAL}map: { user: { from: "\${STREAM}", email: "$\${'a': b}", metadata: { x: "\${Y}" } } }
dedupe: { user: { by: ["\${Z}"] } }`
  const { manifest } = await loadText(text, { env: { STREAM: 'rows' } })
  expect(manifest.map.user).toEqual({ from: 'rows', email: "$${'a': b}", metadata: { x: '${Y}' } })
  expect(manifest.dedupe.user.by).toEqual(['${Z}'])
})

test('keys are never resolved', async () => {
  const { manifest } = await loadText(`${MINIMAL}roles: { map: { "\${A}": member } }`, { env: { A: 'x' } })
  expect(manifest.roles.map).toEqual({ '${A}': 'member' })
})

test('references in other environments and in replaced values need not be set', async () => {
  const text = `${MINIMAL}environments:
  a: { target: { type: workos, apiKey: "\${UNSET}" }, run: { workers: "\${ALSO_UNSET}" } }
  b: { name: "\${B}" }`
  const { manifest } = await loadText(text, { environment: 'b', env: { B: 'bee' } })
  expect(manifest.name).toBe('bee')
  const replaced = folderOf({
    'base.yaml': 'name: "${GONE}"',
    'migrate.config.yaml': `extends: ./base.yaml\n${MINIMAL}name: mine`,
  })
  expect((await load(replaced)).manifest.name).toBe('mine')
})

test('offline, unset references are accepted', async () => {
  const text = `source: { type: "\${TYPE}", path: a }
target: { type: workos, apiKey: "\${KEY}" }
run: { workers: "\${W}", chunksize: 5 }
name: "\${file:gone.txt}"`
  const { loaded, problems } = await inspect(folderOf({ 'migrate.config.yaml': text }), { offline: true })
  expect(problems.map(({ path }) => path)).toEqual(['run.chunksize'])
  expect(loaded.unresolved.toSorted()).toEqual(
    [['source', 'type'], ['target', 'apiKey'], ['run', 'workers'], ['name']].toSorted(),
  )
})

test('a secret is registered as soon as it is read, even for a rejected manifest', async () => {
  const redactor = new Redactor()
  const folder = folderOf({ 'migrate.config.yaml': `${WORKOS}nonsense: 1` })
  await problemsOf(folder, { env: { KEY: 'very-secret' }, redactor })
  expect(redactor.redact('the key is very-secret')).toBe('the key is [redacted]')
})

test.each([
  [`source: { type: clerk, secretKey: KEY }\ntarget: { type: sandbox }\n`, 'CLERK_SECRET_KEY'],
  [`${MINIMAL}environments: { live: { source: { secretKey: KEY } } }\n`, 'CLERK_SECRET_KEY'],
  [`source: { type: csv, path: a }\ntarget: { type: workos, apiKey: KEY }\n`, 'WORKOS_API_KEY'],
  [`${MINIMAL}environments: { live: { target: { apiKey: KEY } } }\n`, 'WORKOS_API_KEY'],
  [`${MINIMAL}secrets: { firebaseSignerKey: abcdefgh }\n`, 'FIREBASE_SIGNER_KEY'],
  [`${MINIMAL}environments: { live: { secrets: { pepper: KEY } } }\n`, 'PEPPER'],
])('the hint for a plain-text key suggests a variable: %s', async (text, name) => {
  const key = ['sk', 'test', 'a1b2c3d4'].join('_')
  const { loaded } = await inspect(folderOf({ 'migrate.config.yaml': text.replace('KEY', key) }), {})
  expect(loaded.warnings.map(({ hint }) => hint)).toEqual([
    `set an environment variable, and refer to it as \${${name}}`,
  ])
})

test('a plain-text API key is a warning anywhere, and is registered', async () => {
  const key = ['sk', 'test', 'a1b2c3d4'].join('_')
  const redactor = new Redactor()
  const text = `source: { type: csv, path: a }\ntarget: { type: workos, apiKey: ${key} }\n`
  const { warnings, manifest } = await loadText(text, { redactor })
  expect(manifest.target.apiKey).toBe(key)
  expect(warnings).toMatchObject([{ code: 'literal_secret', severity: 'warning', at: { line: 2, column: 33 } }])
  expect(redactor.redact(key)).toBe('[redacted]')
  expect((await loadText(WORKOS, { env: { KEY: key } })).warnings).toEqual([])
})

test('a plain-text key in the chosen environment is reported once', async () => {
  const key = ['sk', 'live', 'a1b2c3d4'].join('_')
  const text = `${MINIMAL}environments:\n  p: { target: { type: workos, apiKey: ${key} } }\n`
  expect((await loadText(text, { environment: 'p' })).warnings).toHaveLength(1)
})
