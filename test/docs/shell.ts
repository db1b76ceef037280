import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'
import { PROGRAM } from '../built.ts'
import { docPages } from './pages.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A block of shell commands in a page. */
export interface Block {
  page: string
  /** `docs/how-to/roles.md:31` */
  place: string
  /** The commands, without prompts and without the output below them. */
  script: string
}

/** `$ ` and `there$ ` in a block that shows output, too. */
const PROMPT = /^\w*\$ +/

/** Every shell block of every page, in order. */
export function shellBlocks(): Block[] {
  const pages = ['README.md', 'AGENTS.md', ...docPages]
  return pages.flatMap((page) => {
    const content = readFileSync(join(ROOT, page), 'utf8')
    return [...content.matchAll(/^( *)```(sh|console)\n(.*?)^ *```/gms)].map(
      ({ index, 1: indent, 2: language, 3: body = '' }) => {
        const lines = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').split('\n')
        const script =
          language === 'sh' ? lines : lines.filter((line) => PROMPT.test(line)).map((line) => line.replace(PROMPT, ''))
        return { page, place: `${page}:${content.slice(0, index).split('\n').length}`, script: script.join('\n') }
      },
    )
  })
}

/** Where the blocks of a page run. */
export interface Scene {
  folder: string
  env?: Record<string, string>
  /** Lines for `read`. Questions of the program are answered as proposed. */
  typed?: readonly string[]
  /** Commands before the first of the page. */
  before?: readonly string[]
  /** What stands for the reader's own, and what it is here. */
  replace?: Readonly<Record<string, string>>
}

/** How a script ended. */
export interface Ending {
  code: number
  output: string
}

/**
 * Runs a script as written, in a pseudo-terminal. bash stops at the first command that fails.
 * `workos-migrate` is the built program. `script` is from Debian's bsdutils.
 */
export async function runScript(
  script: string,
  { folder, env = {}, typed = [], replace = {} }: Scene,
): Promise<Ending> {
  const own = Object.entries(replace).reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), script)
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  const program = join(bin, 'workos-migrate')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
  chmodSync(program, 0o755)
  writeFileSync(join(bin, 'block.sh'), `stty cols 120 rows 40\nset -euo pipefail\n${own}\n`)
  const child = spawn('script', ['-qefc', `bash '${join(bin, 'block.sh')}'`, '/dev/null'], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/bash', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined)
  for (const line of typed) child.stdin.write(`${line}\n`)
  let asked = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    asked += stripVTControlCharacters(piece)
    const answer = answerTo(asked)
    if (answer === undefined) return
    asked = ''
    child.stdin.write(answer)
  })
  const [output, code] = await Promise.all([
    text(child.stdout),
    new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? -1))),
  ])
  child.stdin.end()
  return { code, output }
}

/** What a person types at a question: what it asks for, and Enter for what `init` proposes. */
function answerTo(asked: string): string | undefined {
  const [, word] = /Type (\S+) to [\w ]+: *$/.exec(asked) ?? []
  if (word !== undefined) return `${word}\n`
  return /◆[^◇]*└\s*$/.test(asked) ? '\r' : undefined
}
