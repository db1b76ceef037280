import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { badComposition } from './bad/composition.ts'
import { badDedupe } from './bad/dedupe.ts'
import { badKeys } from './bad/keys.ts'
import { badRoles } from './bad/roles.ts'
import { badStates } from './bad/states.ts'
import { badText } from './bad/text.ts'
import { badValues } from './bad/values.ts'
import { folderOf, MINIMAL, problemsOf } from './folder.ts'

describe('a bad manifest is rejected with one problem at its place', () => {
  test.each([
    ...badText,
    ...badKeys,
    ...badValues,
    ...badRoles,
    ...badDedupe,
    ...badStates,
    ...badComposition,
  ])('$name', async ({ text, files, env, environment, code, at, file, path, message, hint }) => {
    const folder = folderOf({ 'migrate.config.yaml': text, ...files })
    const problems = await problemsOf(folder, { env, environment })
    expect(problems.map((problem) => problem.code)).toEqual([code])
    const [problem] = problems
    expect(`${problem?.at?.line}:${problem?.at?.column}`).toBe(at)
    expect(problem?.at?.file).toBe(join(folder, file ?? 'migrate.config.yaml'))
    if (path !== undefined) expect(problem?.path).toBe(path)
    if (message) expect(problem?.message).toMatch(message)
    if (hint) expect(problem?.hint).toMatch(hint)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})

test('all problems are reported together, in reading order', async () => {
  const text = `source: { type: csv, path: "\${A}" }
target: { type: workos, apiKey: "\${B}" }
run: { worker: 1, chunkSize: x }
name: []
`
  const problems = await problemsOf(folderOf({ 'migrate.config.yaml': text }))
  expect(problems.map(({ code, at }) => `${code} ${at?.line}:${at?.column}`)).toEqual([
    'unset_reference 1:28',
    'unset_reference 2:33',
    'unknown_key 3:8',
    'wrong_type 3:30',
    'wrong_type 4:7',
  ])
})

test('all errors of broken YAML are reported', async () => {
  const text = 'source: { type: csv\ntarget: "open\n'
  const problems = await problemsOf(folderOf({ 'migrate.config.yaml': text }))
  expect(problems.length).toBeGreaterThan(1)
  expect(problems.every(({ code, at }) => code === 'invalid_yaml' && at?.line !== undefined)).toBe(true)
})

test('aliases that expand to billions of values are rejected', async () => {
  const levels = Array.from({ length: 12 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(10).fill(`*k${i}`).join(', ')}]`)
  const text = `k0: &k0 [a]\n${levels.join('\n')}\n${MINIMAL}`
  const problems = await problemsOf(folderOf({ 'migrate.config.yaml': text }))
  expect(problems.map(({ code }) => code)).toEqual(['too_many_aliases'])
})

test('endless nesting is rejected', async () => {
  const problems = await problemsOf(folderOf({ 'migrate.config.yaml': `name: ${'['.repeat(50_000)}\n` }))
  expect(problems.map(({ code }) => code)).toEqual(['nested_too_deep'])
})

test('a manifest that is not there, or is a folder, is named', async () => {
  const folder = folderOf({ 'dir/x': '' })
  expect(await problemsOf(folder, { path: 'gone.yaml' })).toMatchObject([
    { code: 'missing_file', at: { file: join(folder, 'gone.yaml') } },
  ])
  expect(await problemsOf(folder, { path: 'dir' })).toMatchObject([{ code: 'not_a_file' }])
})

test('no problem quotes a secret', async () => {
  const key = ['sk', 'live', 'abcdefgh'].join('_')
  const text = `source: { type: csv, path: a, ${key}: 1 }\ntarget: { type: workos, api_key: ${key}, baseUrl: ${key} }\nroles: { unmapped: ${key} }\n`
  const problems = await problemsOf(folderOf({ 'migrate.config.yaml': text }))
  expect(problems.length).toBeGreaterThan(2)
  expect(JSON.stringify(problems)).not.toContain(key)
})
