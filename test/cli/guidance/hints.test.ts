import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Context } from '../../../src/cli/context.ts'
import { DELETING, everyCommand, pathOf } from '../../../src/cli/guidance/advice.ts'
import { otherCommands, otherOptions } from '../../../src/cli/guidance/other-words.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { nearest } from '../../../src/config/nearest.ts'
import { manifestSchema } from '../../../src/config/schema.ts'
import { MINIMAL, folderOf as manifestFolder, problemsOf } from '../../config/folder.ts'
import { command } from '../harness.ts'

/** Rules for all hints: following one without care must not do harm. */

const output = { write: () => true }
const program = buildProgram({ stdout: output, stderr: output } as unknown as Context, async () => {})
const paths = everyCommand(program).map(pathOf)

/** Variants of a word with each letter missing, doubled, changed or swapped. */
function misspelt(word: string): string[] {
  const made = [...word].flatMap((letter, at) => {
    const [before, after] = [word.slice(0, at), word.slice(at + 1)]
    const next = after.charAt(0)
    return [
      before + after,
      before + letter + letter + after,
      `${before}x${after}`,
      before + next + letter + after.slice(1),
    ]
  })
  return [...new Set(made)].filter((other) => other !== word && other !== '')
}

describe('a misspelled command', () => {
  test('the commands that delete or forget are listed', () => {
    expect(paths).toEqual(expect.arrayContaining([...DELETING]))
    const deleting = everyCommand(program).filter((one) => /^(Delet|Forget|Remov)/i.test(one.description()))
    expect(deleting.map(pathOf).filter((path) => !DELETING.has(path))).toEqual([])
  })

  test.each([...DELETING])('never suggests %s', async (path) => {
    const [word = '', ...parents] = path.split(' ').reverse()
    for (const other of misspelt(word)) {
      const { code, stderr } = await command([...parents.reverse(), other], { cwd: '/' })
      expect({ other, code }).toEqual({ other, code: 3 })
      expect(stderr.split('\n').slice(1).join(' ')).not.toMatch(/\b(destroy|rm)\b/)
    }
  })

  test('suggests the nearest other command, or the list', async () => {
    const saidOf = async (...args: string[]) => (await command(args, { cwd: '/' })).stderr
    expect(await saidOf('aply')).toMatch(
      /^error: unknown command 'aply'\n\(Did you mean apply\?\)\n\(workos-migrate --help /,
    )
    expect(await saidOf('destory')).toMatch(
      /^error: unknown command 'destory'\n\(workos-migrate --help shows the commands\)\n/,
    )
    expect(await saidOf('state', 'rn')).not.toMatch(/Did you mean rm/)
  })

  test('suggests the right command for every command', async () => {
    for (const name of program.commands
      .map((one) => one.name())
      .filter((one) => !DELETING.has(one) && one.length > 4)) {
      const word = `${name.slice(0, -1)}x${name.at(-1)}`
      if (
        nearest(
          word,
          program.commands.map((one) => one.name()),
        ) !== name
      )
        continue
      if ([...otherCommands].some(({ words }) => words.includes(word))) continue
      expect((await command([word], { cwd: '/' })).stderr).toContain(`(Did you mean ${name}?)`)
    }
  })
})

describe('a word of another tool', () => {
  test.each(
    [...otherCommands, ...otherOptions].filter(({ say }) => /\bdestroy\b/.test(say)),
  )('that leads to destroy shows a plan or asks first: $say', ({ say }) =>
    expect(say).toMatch(/workos-migrate destroy (--plan-only|--confirm NAME)$/))

  test('never leads to a deletion that was not requested', () => {
    const asked = /^(undo|rollback|revert|down|clean|cleanup|reset|purge|teardown|delete|uninstall|destroy)$/
    for (const { words, say } of otherCommands.filter(({ say: line }) => /\bdestroy\b/.test(line))) {
      expect({ say, words: words.filter((word) => !asked.test(word)) }).toEqual({ say, words: [] })
    }
  })
})

describe('a secret', () => {
  const places = [
    ['target.apiKey', 'source: { type: csv, path: a }\ntarget: { type: workos, apiKey: "${ENV_1}" }\n'],
    ['source.secretKey', 'source: { type: clerk, secretKey: "${ENV_1}" }\ntarget: { type: sandbox }\n'],
    [
      'source.clientSecret',
      'source: { type: auth0, domain: a.eu.auth0.com, clientId: x, clientSecret: "${ENV_1}" }\ntarget: { type: sandbox }\n',
    ],
    ['secrets.signer', `${MINIMAL}secrets: { signer: "\${ENV_1}" }\n`],
    ['secrets.signer of an environment', `${MINIMAL}environments: { e: { secrets: { signer: "\${ENV_1}" } } }\n`],
    ['a variable that is called so', `${MINIMAL}vars: { a: "\${SIGNER_KEY}" }\n`],
  ] as const

  test.each(places)('%s is never suggested as a default in the file', async (place, text) => {
    const folder = manifestFolder({ 'migrate.config.yaml': text })
    const env = place.includes('environment') ? 'e' : undefined
    const problems = await problemsOf(folder, env === undefined ? {} : { environment: env })
    const unset = problems.filter(({ code }) => code === 'unset_reference')
    expect(unset).toHaveLength(1)
    expect(unset[0]?.hint).toMatch(/^set it in the environment/)
    expect(unset[0]?.hint).not.toContain(':-')
  })

  test('is different from other values, which can have a default', async () => {
    const folder = manifestFolder({ 'migrate.config.yaml': `${MINIMAL}vars: { a: "\${TENANT}" }\n` })
    expect(await problemsOf(folder)).toMatchObject([{ hint: 'set it, or add a default: ${TENANT:-…}' }])
  })
})

test('no other hint names a command that deletes, or a default', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const found = files.flatMap((name) => {
    const text = readFileSync(join('src', name), 'utf8')
    const hints = text.match(/\bhint(:|\s=)[^\n]*\n?[^\n]*/g) ?? []
    return hints.filter((hint) => /workos-migrate destroy|:-…|:-\$\{/.test(hint)).map(() => name)
  })
  expect([...new Set(found)]).toEqual(['config/references.ts'])
})

describe('hints followed one after the other', () => {
  /** The problems of loading; none if it is accepted. */
  const said = async (text: string) => {
    const folder = manifestFolder({ 'migrate.config.yaml': text })
    return problemsOf(folder).catch((error: Error) => {
      if (error.message === 'the manifest was accepted') return []
      throw error
    })
  }

  test('lead from a secret in the file to a variable, and not back', async () => {
    const written = (key: string) => `source: { type: csv, path: a }\ntarget: { type: workos, apiKey: "${key}" }\n`
    const cwd = manifestFolder({ 'migrate.config.yaml': written('sk_live_0123456789abcdef'), a: 'email\n' })
    const { stdout, stderr } = await command(['validate'], { cwd })
    const reference = /refer to it as (\$\{\w+\})/.exec(stdout + stderr)?.[1]
    expect(reference).toBe('${WORKOS_API_KEY}')
    const [unset] = await said(written(reference ?? ''))
    expect(unset?.hint).not.toMatch(/:-|written|sk_/)
  })

  test('lead from a misspelled key to a valid one', async () => {
    const keys = Object.keys(manifestSchema.properties as object).filter((key) => /^[a-z]{5,}$/i.test(key))
    expect(keys.length).toBeGreaterThan(15)
    for (const key of keys) {
      const [unknown] = await said(`${MINIMAL}${key.slice(0, -1)}x${key.at(-1)}: {}\n`)
      expect(unknown?.code).toBe('unknown_key')
      const meant = /did you mean "(\w+)"/.exec(unknown?.hint ?? '')?.[1]
      if (meant === undefined || MINIMAL.includes(`${meant}:`)) continue
      const codes = (await said(`${MINIMAL}${meant}: {}\n`)).map(({ code }) => code)
      expect({ meant, codes }).not.toMatchObject({ codes: expect.arrayContaining(['unknown_key']) })
    }
  })
})
