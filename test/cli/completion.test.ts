import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SHELLS, type Shell, scripts } from '../../src/cli/definitions/completion-scripts.ts'
import { PROGRAM_NAMES } from '../../src/cli/names.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { PROGRAM } from '../built.ts'
import { command, folderOf } from './harness.ts'

const MANIFEST = [
  'source: { type: csv, path: users.csv }',
  'target: { type: workos, apiKey: "${UNSET_KEY}" }',
  'environments: { staging: { name: s }, production: { name: p }, empty: }',
].join('\n')

const project = () =>
  folderOf({
    'migrate.config.yaml': MANIFEST,
    'other.yaml': 'version: 1\nenvironments: { elsewhere: { name: e } }\n',
    'broken.yaml': 'environments: [\n',
    'users.csv': 'email\n',
    'snapshots/none.txt': '',
    'with blank.csv': '',
  })

/** The candidates that the program prints for the last word. */
async function words(...line: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await command(['completion-words', '--', ...line], { cwd: project() })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.split('\n').flatMap((one) => (one === '' ? [] : [one.split('\t')[0] ?? '']))
}

describe('the candidates', () => {
  test.each<[string[], string[]]>([
    [['pl'], ['plan']],
    [
      ['state', 'm'],
      ['migrate', 'mv'],
    ],
    [['plan', '--mer'], ['--merges']],
    [
      ['plan', '--format', ''],
      ['text', 'json', 'markdown'],
    ],
    [['plan', '--format', 'j'], ['json']],
    [['plan', '--format=m'], ['--format=markdown']],
    [['plan', '--format', '=', 'm'], ['markdown']],
    [['plan', '-o', ''], [':files']],
    [['export', '--out', ''], [':folders']],
    [['plan', '--snapshot', 'x'], [':folders']],
    [['plan', ''], [':files']],
    [['plan', 'a.yaml', ''], []],
    [
      ['plan', '-e', ''],
      ['staging', 'production', 'empty'],
    ],
    [['plan', '--env', 'pro'], ['production']],
    [['plan', '--env=st'], ['--env=staging']],
    [['plan', '-e', '', ''], [':files']],
    [['apply', '-c', 'other.yaml', '-e', ''], ['elsewhere']],
    [['apply', '-cother.yaml', '-e', ''], ['elsewhere']],
    [['apply', '--config=other.yaml', '-e', ''], ['elsewhere']],
    [['plan', 'other.yaml', '-e', ''], ['elsewhere']],
    [['plan', '-c', 'broken.yaml', '-e', ''], []],
    [['plan', '-c', 'gone.yaml', '-e', ''], []],
    [['init', '--env', ''], []],
    [
      ['init', '--target', ''],
      ['sandbox', 'workos'],
    ],
    [['state', 'list', '--kind', 'us'], ['user']],
    [['state', 'show', 'user'], ['user:']],
    [['state', 'mv', 'user:a', 'tot'], ['totp-factor:']],
    [['state', 'rm', 'user:a', 'user:b', 'perm'], ['permission:']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['sandbox', '--port', ''], []],
    [['nonsense', 'x'], []],
    [['plan', '--nonsense', ''], [':files']],
    [['plan', '--', '--for'], [':files']],
  ])('%j → %j', async (line, expected) => {
    expect(await words(...line)).toEqual(expected)
  })

  test('at the start are all visible commands', async () => {
    const { stdout } = await command(['--help'], { cwd: '/' })
    const shown = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name)
    expect(shown).toContain('plan')
    expect(await words('')).toEqual(shown)
  })

  test.each(['plan', 'apply', 'state rm', 'init'])('after %s are the options in its help, each once', async (name) => {
    const { stdout } = await command([...name.split(' '), '--help'], { cwd: '/' })
    const shown = [...(stdout.split('Options:')[1] ?? '').matchAll(/^ {2}(?:-\S, )?(--[\w-]+)/gm)].map(
      ([, long]) => long,
    )
    expect(await words(...name.split(' '), '-')).toEqual(shown)
    const first = shown.find((long) => long !== '--help' && long !== '--config')
    const after = await words(...name.split(' '), `${first}=x`, '-')
    expect(after).toEqual(shown.filter((long) => long !== first))
  })

  test('every kind', async () => {
    expect(await words('state', 'list', '--kind', '')).toEqual(kindDefinitions.map(({ name }) => name))
  })

  test('are empty for a broken manifest, and contain no control characters', async () => {
    const cwd = folderOf({ 'migrate.config.yaml': 'environments: { "a\\e[2Jb": { name: x } }\n' })
    const { stdout } = await command(['completion-words', '--', 'plan', '-e', ''], { cwd })
    expect(stdout).not.toContain('\u001b')
  })
})

test.each(SHELLS)('completion %s prints only the script', async (shell) => {
  expect(await command(['completion', shell], { cwd: '/' })).toEqual({ code: 0, stdout: scripts[shell], stderr: '' })
})

test('completion of an unknown shell lists the shells', async () => {
  const { code, stderr } = await command(['completion', 'tcsh'], { cwd: '/' })
  expect(code).toBe(3)
  expect(stderr).toContain('Allowed choices are bash, zsh, fish')
})

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0

/** Runs a script in a shell, with the program on the path. */
function inShell(shell: Shell, script: string, args: readonly string[] = []): string[] {
  const cwd = project()
  const starter = `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`
  const bin = folderOf(Object.fromEntries(PROGRAM_NAMES.map((name) => [name, starter])))
  for (const name of PROGRAM_NAMES) chmodSync(join(bin, name), 0o755)
  const file = join(bin, `completion.${shell}`)
  writeFileSync(file, scripts[shell])
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: bin, COMPLETION: file, TERM: 'dumb' }
  const out = execFileSync(shell, [...args, '-c', script], { cwd, env, encoding: 'utf8' })
  return out.split('\n').filter((line) => line !== '')
}

/** Lines that every shell completes the same way: the words, and the candidates. */
const LINES: [string[], string[]][] = [
  [['pla'], ['plan']],
  [
    ['state', 'r'],
    ['restore', 'rm'],
  ],
  [['plan', '--de'], ['--detailed-exitcode']],
  [['plan', '--format', 'ma'], ['markdown']],
  [['plan', '-e', 'pro'], ['production']],
  [
    ['plan', '-e', ''],
    ['empty', 'production', 'staging'],
  ],
  [['apply', '-c', 'other.yaml', '-e', ''], ['elsewhere']],
  [['state', 'list', '--kind', 'totp'], ['totp-factor']],
  [['state', 'show', 'use'], ['user:']],
  [['plan', 'use'], ['users.csv']],
  [['plan', 'with'], ['with blank.csv']],
  [['export', '--out', 'snap'], ['snapshots']],
  [['sandbox', '--port', ''], []],
]

describe('bash', () => {
  const replyTo = (line: readonly string[]) => {
    const quoted = line.map((word) => `'${word}'`).join(' ')
    return inShell(
      'bash',
      `set -u; source "$COMPLETION"; COMP_WORDS=(workos-migrate ${quoted}); COMP_CWORD=${line.length}; _workos_migrate workos-migrate
       for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done`,
    )
  }
  test.each(LINES)('completes %j to %j', (line, expected) => {
    expect(replyTo(line).sort()).toEqual(expected)
  })

  test.each([
    [
      ['plan', '--format', '='],
      ['json', 'markdown', 'text'],
    ],
    [['plan', '--format', '=', 'te'], ['text']],
  ])('completes the value after an =, a separate word: %j', (line, expected) => {
    expect(replyTo(line).sort()).toEqual(expected)
  })

  test('works for the program and an alias', () => {
    const said = inShell(
      'bash',
      `shopt -s expand_aliases; source "$COMPLETION"; complete -p workos-migrate
       alias workos-migrate="$(type -P workos-migrate)"; PATH=/usr/bin:/bin
       COMP_WORDS=(workos-migrate valid); COMP_CWORD=1; _workos_migrate workos-migrate; echo "\${COMPREPLY[@]}"`,
    )
    expect(said).toEqual(['complete -F _workos_migrate workos-migrate', 'validate'])
  })

  test('completes the program under its second name', () => {
    const said = inShell(
      'bash',
      `source "$COMPLETION"; complete -p workos-declare
       COMP_WORDS=(workos-declare valid); COMP_CWORD=1; _workos_migrate workos-declare; echo "\${COMPREPLY[@]}"`,
    )
    expect(said).toEqual(['complete -F _workos_migrate workos-declare', 'validate'])
  })

  test('prints nothing if the program is missing', () => {
    const said = inShell(
      'bash',
      'source "$COMPLETION"; COMP_WORDS=(nowhere pl); COMP_CWORD=1; _workos_migrate nowhere 2>&1; echo "${#COMPREPLY[@]}"',
    )
    expect(said).toEqual(['0'])
  })

  test('parses without an error', () => {
    expect(inShell('bash', 'bash -n "$COMPLETION" 2>&1')).toEqual([])
  })
})

/** A missing shell must fail in the pipeline, which installs both. */
function whereInstalled(shell: Shell, body: () => void): void {
  if (isInstalled(shell)) describe(shell, body)
  else describe.skip(`${shell} IS NOT INSTALLED: apt-get install ${shell}`, body)
}

whereInstalled('zsh', () => {
  /** zsh completes only in its line editor, so stubs replace its parts and print their input. */
  const STAND_INS = `compdef() { :; }
    _files() { local -a found; if [[ $1 == -/ ]]; then found=(\${PREFIX}*(N/)); else found=(\${PREFIX}*(N)); fi; print -rl -- $found }
    _describe() { local name=$4 one; for one in \${(P)name}; do print -r -- \${\${one%%[^\\\\]:*}}\${\${one#\${one%%[^\\\\]:*}}[1]}; done }
    compadd() { local name=$4 one; for one in \${(P)name}; do print -r -- $one; done }`
  const replyTo = (line: readonly string[]) => {
    const quoted = line.map((word) => `'${word}'`).join(' ')
    return inShell(
      'zsh',
      `${STAND_INS}
       source "$COMPLETION"; words=(workos-migrate ${quoted}); CURRENT=${line.length + 1}; PREFIX=${`'${line.at(-1)}'`}; _workos_migrate`,
      ['-f'],
    )
  }
  test.each(LINES)('completes %j to %j', (line, expected) => {
    expect(replyTo(line).sort()).toEqual(expected)
  })

  test('completes the value after an =', () => {
    expect(replyTo(['plan', '--format=te'])).toEqual(['--format=text'])
  })

  test.each(PROGRAM_NAMES)('completes %s in its line editor with Tab', (name) => {
    const typed = `zmodload zsh/zpty; zpty shell zsh -f -i
      zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source "$COMPLETION"; echo READY-$((1+1))'
      zpty -r -m shell out '*READY-2*'
      zpty -w -n shell $'${name} stat\\tshow use\\t'
      zpty -r -m shell out '*user:*'
      print -r -- "$out"; zpty -d shell`
    expect(inShell('zsh', typed, ['-f']).join('\n')).toMatch(/state[\s\S]*show user:/)
  }, 20_000)

  test('parses without an error', () => {
    expect(inShell('zsh', 'zsh -f -n "$COMPLETION" 2>&1', ['-f'])).toEqual([])
  })
})

whereInstalled('fish', () => {
  const replyTo = (line: readonly string[]) => {
    const typed = `workos-migrate ${line.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`
    return inShell('fish', `source "$COMPLETION"; complete -C "${typed}"`, ['--no-config'])
      .map((found) => found.split('\t')[0] ?? '')
      .map((found) => found.replaceAll('\\ ', ' ').replace(/\/$/, ''))
  }
  test.each(LINES)('completes %j to %j', (line, expected) => {
    expect(replyTo(line).sort()).toEqual(expected)
  })

  test.each(PROGRAM_NAMES)('shows descriptions after %s', (name) => {
    const said = inShell('fish', `source "$COMPLETION"; complete -C "${name} val"`, ['--no-config'])
    expect(said).toEqual(['validate\tCheck the manifest, its files and its expressions'])
  })

  test('parses without an error', () => {
    expect(inShell('fish', 'fish --no-config -n "$COMPLETION" 2>&1', ['--no-config'])).toEqual([])
  })
})

test('the docs show how to install each script', () => {
  const docs = readFileSync(new URL('../../docs/how-to/completion.md', import.meta.url), 'utf8')
  for (const shell of SHELLS) {
    const line = /^#\s+(workos-migrate completion .*)$/m.exec(scripts[shell])?.[1] ?? 'missing'
    expect(docs).toContain(line)
  }
})
