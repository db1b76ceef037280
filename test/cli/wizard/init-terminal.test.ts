import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PROGRAM } from '../../built.ts'
import { folderOf } from '../harness.ts'

const demo = fileURLToPath(new URL('../../../examples/clerk-demo/', import.meta.url))
const example = (name: string) => readFileSync(join(demo, name))

const hasTmux = spawnSync('tmux', ['-V']).status === 0
const PATIENCE = 60_000

/** A real terminal with a shell in a folder. */
function terminalIn(cwd: string) {
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', basename(cwd), '-f', '/dev/null', ...args], { encoding: 'utf8' })
  tmux('new-session', '-d', '-x', '110', '-y', '45', '-c', cwd, 'env PS1="ready> " sh')
  onTestFinished(() => void tmux('kill-server'))
  const screen = () => tmux('capture-pane', '-p')
  const shows = async (what: RegExp) => {
    const deadline = Date.now() + PATIENCE
    while (!what.test(screen())) {
      if (Date.now() > deadline) throw new Error(`the terminal never showed ${what}:\n${screen()}`)
      await pause(50)
    }
  }
  return {
    screen,
    shows,
    press: (key: string) => void tmux('send-keys', key),
    async type(line: string) {
      await shows(/ready>/)
      tmux('send-keys', '-l', line)
      tmux('send-keys', 'Enter')
    },
  }
}

const init = `${process.execPath} ${PROGRAM} init; echo "exit code $?"`

describe.skipIf(!hasTmux)(`init in a real terminal${hasTmux ? '' : ' (skipped: there is no tmux here)'}`, () => {
  test('four answers lead to a manifest, and the terminal is restored', { timeout: 2 * PATIENCE }, async () => {
    const cwd = folderOf({ 'users.csv': example('users.csv'), 'memberships.csv': example('memberships.csv') })
    const { shows, press, type, screen } = terminalIn(cwd)
    await type(init)
    for (const question of [
      /Where are the users\?/,
      /Which organizations/,
      /Where do you want to migrate to\?/,
      /Write migrate\.config\.yaml/,
    ]) {
      await shows(question)
      press('Enter')
    }
    await shows(/exit code 0/)
    expect(screen()).toContain('workos-migrate plan')
    expect(readFileSync(join(cwd, 'migrate.config.yaml'), 'utf8')).toContain('memberships: ./memberships.csv')
    await type('stty -a | grep -c "[-]echo "')
    await shows(/^0$/m)
  })

  test('Ctrl-C at a question ends with 130 and leaves nothing behind', { timeout: 2 * PATIENCE }, async () => {
    const cwd = folderOf({ 'users.csv': example('users.csv') })
    const { shows, press, type } = terminalIn(cwd)
    await type(init)
    await shows(/Where are the users\?/)
    press('Enter')
    await shows(/Which organizations/)
    press('C-c')
    await shows(/exit code 130/)
    expect(readdirSync(cwd)).toEqual(['users.csv'])
    expect(existsSync(join(cwd, '.gitignore'))).toBe(false)
  })
})
