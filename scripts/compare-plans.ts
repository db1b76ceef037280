/**
 * npm run compare -- OTHER_CHECKOUT [--users N] [--applied N] [--only NAME]… [OLD=NEW …]
 *
 * Runs the programs of another checkout and of this one on the same sources. Compares their
 * outputs, files and exit codes byte for byte. Sources: every example, the fixture `everything` of
 * the tests, N generated users (20,000) with every fault, and unreadable files. Each is planned,
 * applied (1,000 of the generated users), planned again, changed, planned and applied again, and
 * planned with a lost state. Empty output counts as different. `--only NAME` selects sources by the
 * beginning of their names. `OLD=NEW` names an intended change of a word. Both checkouts need a
 * build.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Outcome, run } from './compare/programs.ts'
import { brokenFiles, everything, examples, generatedPeople, type Subject } from './compare/subjects.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    users: { type: 'string', default: '20000' },
    applied: { type: 'string', default: '1000' },
    only: { type: 'string', multiple: true, default: [''] },
  },
})
const [named, ...pairs] = positionals
if (named === undefined) {
  process.stderr.write(
    'usage: npm run compare -- OTHER_CHECKOUT [--users N] [--applied N] [--only NAME]… [OLD=NEW …]\n',
  )
  process.exit(3)
}
const checkouts = [resolve(named), root].map(copyOf)
const programs = checkouts.map((checkout) => join(checkout, 'dist/cli/main.js'))
const renamed = pairs.map((pair) => pair.split('=') as [string, string])

const subjects = [
  ...[everything(), ...generatedPeople(Number(options.users), Number(options.applied))],
  ...[...brokenFiles(2000), ...examples()],
].filter(({ name }) => options.only.some((prefix) => name.startsWith(prefix)))

let compared = 0
let different = 0
try {
  for (const subject of subjects) await compare(subject)
} finally {
  for (const folder of checkouts) rmSync(folder, { recursive: true })
}
process.stdout.write(
  different === 0 && compared > 0
    ? `All ${compared} outputs are equal.\n`
    : `${different} of ${compared} outputs differ.\n`,
)
process.exitCode = different === 0 && compared > 0 ? 0 : 1

/** Copies the program, so that its checkout can be built again in the meantime. */
function copyOf(checkout: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'workos-migrate-checkout-'))
  for (const part of ['dist', 'recipes', 'schemas', 'package.json']) {
    cpSync(join(checkout, part), join(copy, part), { recursive: true })
  }
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Runs both programs, each in its own copy. */
async function compare({ name, write, steps }: Subject): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'workos-migrate-compare-'))
  const copies = programs.map(() => mkdtempSync(join(tmpdir(), 'workos-migrate-compare-')))
  const seconds = [0, 0]
  try {
    const within = relative(work, write(work))
    const folders = copies.map((copy) => {
      cpSync(work, copy, { recursive: true })
      return join(copy, within)
    })
    for (const [index, step] of steps.entries()) {
      if ('change' in step) {
        for (const folder of folders) step.change(folder)
        continue
      }
      const outcomes = await Promise.all(
        folders.map((folder, at) => run(programs[at] ?? '', folder, step.args, step.files)),
      )
      for (const [at, outcome] of outcomes.entries()) seconds[at] = (seconds[at] ?? 0) + outcome.seconds
      report(`${name}: ${index + 1}. ${step.args.join(' ')}`, outcomes)
    }
    const [before = 0, after = 0] = seconds
    process.stdout.write(`${name}: compared, ${before.toFixed(1)} s before, ${after.toFixed(1)} s after\n`)
  } finally {
    for (const folder of [work, ...copies]) rmSync(folder, { recursive: true, force: true })
  }
}

function report(title: string, [before, after]: Outcome[]): void {
  if (before === undefined || after === undefined) return
  compared += 1
  const why = difference(before, after)
  if (why === undefined) return
  different += 1
  process.stdout.write(`${title} ${why}\n`)
}

/** Two crashing programs both print nothing. That does not count as equal. */
function difference(before: Outcome, after: Outcome): string | undefined {
  if (before.code === null || after.code === null) return `was killed: ${before.code} before, ${after.code} after`
  const names = Object.keys(before.texts)
  if (names.every((name) => before.texts[name] === '') && names.every((name) => after.texts[name] === '')) {
    return 'prints nothing, before and after'
  }
  const differing = names.filter((name) => expected(before.texts[name] ?? '') !== after.texts[name])
  const codes = before.code === after.code ? [] : [`exits with ${before.code} before and ${after.code} after`]
  const texts = differing.map((name) => `differs in ${name}: ${kept(name, before, after)}`)
  return codes.length + texts.length === 0 ? undefined : [...codes, ...texts].join('; ')
}

/** Keeps both texts. @returns how to compare them */
function kept(name: string, before: Outcome, after: Outcome): string {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-difference-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'before'), expected(before.texts[name] ?? ''))
  writeFileSync(join(folder, 'after'), after.texts[name] ?? '')
  return `diff ${folder}/before ${folder}/after`
}

function expected(text: string): string {
  return renamed.reduce((changed, [old, word]) => changed.replaceAll(old, word), text)
}
