import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { problemsToJson, renderProblems } from '../../src/diagnostics/render.ts'
import { folderOf } from '../config/folder.ts'

const plain = (cwd: string, redactor?: Redactor) => ({ color: false, cwd, redactor })

function problemAt(file: string, line: number, column: number, more: Partial<Problem> = {}): Problem {
  return { code: 'unknown_key', message: 'unknown key "chunk"', at: { file, line, column }, ...more }
}

test('a problem shows its place, the line with a caret, its path and a hint', () => {
  const cwd = folderOf({ 'conf/migrate.config.yaml': 'run:\n  chunk: 5\n' })
  const problem = problemAt(join(cwd, 'conf/migrate.config.yaml'), 2, 3, {
    path: 'run.chunk',
    hint: 'did you mean "chunkSize"?',
  })
  expect(
    renderProblems([problem], plain(cwd)),
  ).toBe(`conf/migrate.config.yaml:2:3 error: unknown key "chunk" [unknown_key]
  at run.chunk
  2 |   chunk: 5
    |   ^
  hint: did you mean "chunkSize"?
`)
})

test('a file outside of the current folder keeps its path, and a warning is labeled', () => {
  const problem = problemAt('/elsewhere/a.yaml', 1, 2, { severity: 'warning' })
  expect(renderProblems([problem], plain('/home/me'))).toBe(
    '/elsewhere/a.yaml:1:2 warning: unknown key "chunk" [unknown_key]\n',
  )
})

test('a problem without a place, or with only a file, is shown as far as known', () => {
  const problems: Problem[] = [
    { code: 'a', message: 'first' },
    { code: 'b', message: 'second', at: { file: 'x.csv' } },
  ]
  expect(renderProblems(problems, plain('/'))).toBe('error: first [a]\nx.csv error: second [b]\n')
  expect(renderProblems([], plain('/'))).toBe('')
})

test('lines of data files are never shown', () => {
  const cwd = folderOf({
    'users.csv': 'email,password_hash\na@example.com,$2b$10$abc\n',
    'data.json': '{"hash": "x"}\n',
  })
  const shown = renderProblems([problemAt('users.csv', 2, 3), problemAt('data.json', 1, 2)], plain(cwd))
  expect(shown).not.toContain('$2b$')
  expect(shown).not.toContain('hash')
})

test('a line that can contain a secret is not shown, registered or not', () => {
  const cwd = folderOf({ 'a.yaml': 'apiKey: plain-words\nother: s3cr3t-value\nfine: 1\n' })
  const redactor = new Redactor()
  redactor.register('s3cr3t-value')
  const problems = [problemAt('a.yaml', 1, 1), problemAt('a.yaml', 2, 1), problemAt('a.yaml', 3, 1)]
  const shown = renderProblems(problems, plain(cwd, redactor))
  expect(shown).not.toContain('plain-words')
  expect(shown).not.toContain('s3cr3t')
  expect(shown).toContain('3 | fine: 1')
})

test('registered secrets are masked in every part of a problem', () => {
  const redactor = new Redactor()
  redactor.register('hunter22')
  const problem = { code: 'c', message: 'hunter22 a', hint: 'hunter22 b', path: 'x.hunter22', at: { file: 'hunter22' } }
  expect(renderProblems([problem], plain('/', redactor))).not.toContain('hunter22')
})

test('escape sequences in messages and lines cannot control the terminal', () => {
  const cwd = folderOf({ 'a.yaml': 'name: \x1b[2J\u202eevil\n' })
  const shown = renderProblems([problemAt('a.yaml', 1, 7, { message: 'bad\x1b]0;title\x07\nname' })], plain(cwd))
  expect(shown).toContain('bad\\x1b]0;title\\x07\\nname')
  expect(shown).toContain('1 | name: \\x1b[2J\\u{202e}evil\n    |       ^')
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\u202e]/)
})

test('colors are added only on request', () => {
  const problem = { code: 'c', message: 'm' }
  expect(renderProblems([problem], { color: true, cwd: '/' })).toContain('\x1b[31merror\x1b[0m')
})

test('a problem as JSON is flat and always has a severity', () => {
  const problems: Problem[] = [
    { code: 'a', message: 'm', hint: 'h', path: 'p', at: { file: 'f', line: 1, column: 2 } },
    { code: 'b', message: 'n', severity: 'warning' },
  ]
  expect(problemsToJson(problems)).toEqual([
    { severity: 'error', code: 'a', message: 'm', hint: 'h', path: 'p', file: 'f', line: 1, column: 2 },
    { severity: 'warning', code: 'b', message: 'n' },
  ])
})
