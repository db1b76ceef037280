/**
 * npm run compare -- OTHER_CHECKOUT [OLD=NEW …]
 *
 * Plans every example with the program of another checkout and with this one, as text, as Markdown and as JSON, before anything is applied; and
 * as JSON after it. The exit codes must be equal, and the outputs, byte for byte; no output counts as different. `OLD=NEW` names a word that was meant to change. Both need a build.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [named, ...pairs] = process.argv.slice(2)
if (named === undefined) {
  process.stderr.write('usage: npm run compare -- OTHER_CHECKOUT [OLD=NEW …]\n')
  process.exit(3)
}
const programs = [resolve(named), root].map((checkout) => join(checkout, 'dist/cli/main.js'))
const renamed = pairs.map((pair) => pair.split('=') as [string, string])

const FORMS = [
  ['plan', '--full'],
  ['plan', '--format', 'markdown'],
  ['plan', '--json'],
]

let different = 0
for (const name of ['.', ...readdirSync(join(root, 'examples'))]) {
  const from = name === '.' ? root : join(root, 'examples', name)
  if (!existsSync(join(from, 'migrate.config.yaml'))) continue
  const [before = [], after = []] = programs.map((program) => outputs(program, name))
  for (const [index, { line, ...one }] of before.entries()) {
    const other = after[index] ?? { code: null, text: '' }
    const why = difference({ ...one, text: expected(one.text) }, other)
    if (why === undefined) continue
    different += 1
    const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-difference-'))
    writeFileSync(join(folder, 'before'), expected(one.text))
    writeFileSync(join(folder, 'after'), other.text)
    process.stdout.write(`${name}: ${line} ${why}: diff ${folder}/before ${folder}/after\n`)
  }
}
process.stdout.write(different === 0 ? 'All plans are equal.\n' : `${different} outputs differ.\n`)
process.exitCode = different === 0 ? 0 : 1

/** What a run of a program came to. */
interface Outcome {
  /** Null: it was killed. */
  code: number | null
  text: string
}

/** Two programs that crash say the same: nothing. That does not count as equal. */
function difference(before: Outcome, after: Outcome): string | undefined {
  if (before.code !== after.code) return `exits with ${before.code} before and ${after.code} after`
  if (before.text === '' && after.text === '') return 'prints nothing, before and after'
  return before.text === after.text ? undefined : 'differs'
}

/** What a program says of one example, or of the root's manifest: before it is applied, then after. Examples read files of one another. */
function outputs(program: string, name: string): (Outcome & { line: string })[] {
  const copy = mkdtempSync(join(tmpdir(), 'workos-migrate-compare-'))
  const folder = name === '.' ? copy : join(copy, 'examples', name)
  try {
    for (const part of ['migrate.config.yaml', 'examples']) {
      cpSync(join(root, part), join(copy, part), { recursive: true })
    }
    rmSync(join(folder, '.workos-migrate'), { recursive: true, force: true })
    const say = (args: readonly string[], when: string) => ({
      line: `${args.join(' ')} ${when}`,
      ...run(program, folder, args),
    })
    const first = FORMS.map((form) => say(form, 'before'))
    // What it prints holds times and speeds: only the exit code counts.
    const applied = { ...say(['apply', '--yes'], 'between'), text: 'not compared' }
    return [...first, applied, say(['plan', '--json'], 'after')]
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function run(program: string, cwd: string, args: readonly string[]): Outcome {
  const node = join(root, 'node_modules/.bin/node')
  const env = { ...process.env, CI: '', FIREBASE_SIGNER_KEY: Buffer.alloc(64, 7).toString('base64') }
  const { status, stdout } = spawnSync(node, [program, ...args], { cwd, env, encoding: 'utf8', maxBuffer: 1 << 30 })
  return { code: status, text: steady(stdout) }
}

/**
 * Without what differs from run to run: the lineage of a state, its serial, which counts commits, and how many writes share one is a matter
 * of time; WorkOS's ids, folders.
 */
function steady(text: string): string {
  return text
    .replace(/(\/tmp\/)?workos-migrate-compare-\w+/g, 'folder')
    .replace(/state [0-9a-f]{6}…/g, 'state …')
    .replace(/"(lineage|manifest|source)": ?"[0-9a-f-]{36,}"/g, '"$1":"…"')
    .replace(/"serial": ?\d+/g, '"serial":0')
    .replace(/\b(user|org|org_role|om|role|perm|group|auth_factor)_[0-9A-Z]{26}\b/g, '$1_…')
}

function expected(text: string): string {
  return renamed.reduce((changed, [old, word]) => changed.replaceAll(old, word), text)
}
