import { existsSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { printable, shellWord } from '../../diagnostics/printable.ts'
import { readRegular, regularFileAt } from '../../files/regular-file.ts'
import { checkReplaceable, type Purpose, writeWholeFile } from '../../files/whole-file.ts'
import { counted } from '../../reporting/style.ts'
import { checkBaseUrl } from '../../workos/target.ts'
import type { Context } from '../context.ts'
import type { defineInit } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { type Answers, type Given, ORIGINS } from '../wizard/answers.ts'
import { type Forecast, MAX_PLANNED, type NoForecast } from '../wizard/forecast.ts'
import { causesOf, findingsInWords } from '../wizard/inspect.ts'
import { checkKeys, interview } from '../wizard/interview.ts'
import { createPrompts, type Prompts } from '../wizard/prompts.ts'
import { type Proposal, propose } from '../wizard/propose.ts'
import { originTitle, type ProposedManifest } from '../wizard/propose-manifest.ts'
import { filled, pathsOf } from '../wizard/propose-source.ts'
import { validate } from './validate.ts'

type Flags = OptionsOf<typeof defineInit>

type InitOptions = Given & Pick<Flags, 'out' | 'force' | 'inspect'>

/**
 * `init`: asks questions, inspects the source, writes a manifest and a .gitignore, and validates
 * the manifest. It writes nothing before the last question.
 */
export async function init(flags: Flags, context: Context): Promise<ExitCode> {
  const options = optionsOf(flags)
  const asked = context.stdin.isTTY === true && context.stderr.isTTY === true && !options.yes
  const prompts = asked ? createPrompts(context) : undefined
  const file = resolve(context.cwd, options.out)
  if (options.baseUrl !== undefined) checkBaseUrl(options.baseUrl)
  if (prompts === undefined) refuseOverwriting(file, options)
  prompts?.intro('workos-migrate: a first migration')
  const answers = await interview(options, prompts, context)
  const proposal = await propose(answers, { file, read: options.inspect }, prompts, context)
  const { manifest } = proposal
  const tried = await checkKeys(manifest, answers, prompts, context)
  if (prompts !== undefined && !(await confirmed(prompts, { proposal, file, options }))) {
    context.stderr.write('Nothing was written.\n')
    return ExitCode.done
  }
  context.interrupted.throwIfAborted()
  for (const path of [file, gitignoreOf(dirname(file))]) checkReplaceable(path, purposeOf(path))
  writeWholeFile(file, [manifest.text], purposeOf(file))
  const ignored = ignore(dirname(file), proposal.answers, context)
  context.stderr.write(`Wrote ${printable(relative(context.cwd, file))}${ignored ? ' and .gitignore' : ''}.\n`)
  const unset = manifest.variables.filter(({ name }) => !context.env[name] && !tried.has(name))
  const offline = unset.some(({ environment }) => environment === '')
  const env = { ...context.env, ...proposal.answers.database?.values }
  const code = await validate({ config: file, offline }, { ...context, env })
  const name = relative(context.cwd, file)
  const correct = `\nCorrect the problems above, then run: workos-migrate validate ${name}\n`
  context.stderr.write(code === ExitCode.done ? nextSteps(proposal, unset, name) : correct)
  return code
}

function optionsOf({ source, env, ...flags }: Flags): InitOptions {
  const { users, memberships, roles, organizations, accounts, groups, passwords, factors, definitions, ...rest } = flags
  const files = { users, memberships, roles, organizations, accounts, groups, passwords, factors, definitions }
  const named = Object.fromEntries(Object.entries(files).filter(([, name]) => name !== undefined))
  return { ...rest, origin: source, environments: env, files: named }
}

function refuseOverwriting(file: string, { out, force }: InitOptions): void {
  if (force || !existsSync(file)) return
  throw new UsageError({
    code: 'manifest_exists',
    message: `${out} already exists`,
    hint: 'overwrite it with --force, or name another file with --out',
  })
}

/** Shows the findings and asks before anything is written. */
async function confirmed(
  prompts: Prompts,
  { proposal, file, options }: { proposal: Proposal; file: string; options: InitOptions },
): Promise<boolean> {
  const { answers, basis } = proposal
  const read = [
    ...filled(answers).map(({ slot, file: { name } }) => `${slot.title}: ${name}`),
    ...answers.sides.map(({ side, file: { name } }) => `${side.part}: ${name}`),
    ...answers.unused.map(({ name, why }) => `not used: ${printable(name)}: ${printable(why)}`),
    ...(answers.database?.findings ?? []).map(({ message }) => `look at: ${printable(message)}`),
  ]
  const found = basis.inspection === undefined ? [] : findingsInWords(basis.inspection, basis.forecast)
  const lines = [...read, ...found, `environments: ${answers.environments.join(', ') || 'none'}`]
  prompts.note(lines.join('\n'), `${originTitle(answers)} → ${answers.target}`)
  if (existsSync(file) && !options.force) return prompts.confirm(`Overwrite ${options.out}?`, false)
  return prompts.confirm(`Write ${options.out} and .gitignore?`, true)
}

function purposeOf(path: string): Purpose {
  return {
    message: `${path} cannot be written`,
    code: 'manifest_unwritable',
    hint: 'name a file with --out, in an existing folder that you can write to',
  }
}

function gitignoreOf(directory: string): string {
  return resolve(directory, '.gitignore')
}

/** Adds the state, keys and data files to .gitignore. @returns whether it changed */
function ignore(directory: string, answers: Answers, context: Context): boolean {
  const path = gitignoreOf(directory)
  const found = regularFileAt(path)
  const existing = found === undefined ? undefined : readRegular(path).toString('utf8')
  const beside = [...answers.sides.map(({ file }) => file), ...answers.unused.filter(({ personal }) => personal)]
  const named = answers.database === undefined ? filled(answers).flatMap(({ file }) => pathsOf(file)) : []
  const files = [...named, ...beside.map(({ path }) => path).filter((path) => path !== '')]
  // A package of the WorkOS migration tool has connection secrets in this folder.
  if (answers.origin === 'workos-package') files.push(resolve(context.cwd, 'sso'))
  const text = gitignoreWith(existing, directory, files)
  if (text === undefined) return false
  writeWholeFile(path, [text], purposeOf(path), found === undefined ? undefined : found.mode & 0o777)
  return true
}

function nextSteps(proposal: Proposal, unset: ProposedManifest['variables'], file: string): string {
  const { manifest, answers, forecast } = proposal
  const { variables } = manifest
  const { target, environments } = answers
  const named = file === 'migrate.config.yaml' ? '' : ` ${file}`
  const values = answers.database?.values ?? {}
  const shownValue = (variable: string) => (values[variable] === undefined ? '…' : shellWord(values[variable]))
  const exports = unset
    .filter(({ environment }) => environment === '')
    .map((variable) => `  export ${variable.name}=${shownValue(variable.name)}\n`)
  const [first] = environments
  const variable = variables.find(({ environment }) => environment === first)
  const later =
    target === 'sandbox' && first !== undefined && variable !== undefined
      ? `Then for WorkOS:\n  export ${variable.name}=…\n  workos-migrate plan${named} -e ${first}\n`
      : ''
  const told = forecast === undefined ? '' : forecastText(forecast, file)
  return `\n${insteadText(answers)}${unusedText(answers)}${suspiciousText(answers)}${lockedOutText(proposal)}Next:\n${exports.join('')}  workos-migrate plan${named}\n${told}${later}`
}

function insteadText({ instead }: Answers): string {
  if (instead === undefined) return ''
  const { title } = ORIGINS[instead]
  return `The ${title} recipe does not fit this file, so the mapping uses column names. Check every line.\n`
}

function unusedText({ unused }: Answers): string {
  if (unused.length === 0) return ''
  const lines = unused.map(({ name, why }) => `  ${printable(name)}: ${printable(why)}\n`)
  return `Not used:\n${lines.join('')}`
}

function suspiciousText({ database }: Answers): string {
  const findings = database?.findings ?? []
  if (findings.length === 0) return ''
  const lines = findings.map(
    ({ message, hint }) => `  ${printable(message)}${hint === null ? '' : `; ${printable(hint)}`}\n`,
  )
  return `Suspicious:\n${lines.join('')}`
}

/** Which users are skipped because they cannot sign in, and how to change that. */
function lockedOutText({ manifest: { lockedOut }, answers, forecast }: Proposal): string {
  const { leaveOut, files } = answers
  const only = answers.origin === 'file' ? files.users?.data.only : undefined
  const counts = forecast === undefined || 'problems' in forecast ? { leftOut: 0, leftOutBy: [] } : forecast
  const others = only === undefined ? [] : [`${only.member} is not ${only.value}`]
  const columns = [...lockedOut.map(({ path, says }) => `${printable(path)} ${says}`), ...others].join(', or ')
  if (lockedOut.length > 0 && leaveOut === false) return `Included, and able to sign in: records where ${columns}.\n`
  if (lockedOut.length > 0) {
    const people = counts.leftOutBy.find(({ path }) => path === 'map.user.when')?.records ?? 0
    return `Left out (map.user.when): ${counted(people, 'record')} where ${columns}. To include them, use --keep-inactive.\n`
  }
  return counts.leftOut === 0
    ? ''
    : `Left out by the recipe: ${counted(counts.leftOut, 'record')} of users who cannot sign in, or that are not users.\n`
}

function forecastText(forecast: Forecast | NoForecast, file: string): string {
  if ('problems' in forecast) {
    const [problem] = forecast.problems
    return `The plan needs your input first: ${problem?.message ?? 'it could not be made'}\n${problem?.hint === undefined ? '' : `  ${problem.hint}\n`}`
  }
  const { rejected, complete } = forecast
  const first = complete ? '' : `Of the first ${counted(MAX_PLANNED, 'record')}: `
  if (rejected === 0) return complete ? '' : `${first}nothing is rejected.\n`
  return (
    `${first}The plan rejects ${counted(rejected, 'record or resource', 'records and resources')}${causesOf(forecast)}.\n` +
    `It ends with exit code 5 until you correct them, or set safety.maxRejects in ${file} to the number to leave behind.\n`
  )
}
const HEAD = '# workos-migrate: state, snapshots, keys, and exports with personal data and password hashes'

/**
 * The .gitignore with the missing lines.
 * @param files absolute paths of data files
 * @returns undefined if no line is missing
 */
function gitignoreWith(existing: string | undefined, directory: string, files: readonly string[]): string | undefined {
  const within = files
    .map((file) => relative(directory, file))
    .filter((path) => path !== '' && !path.startsWith('..') && !isAbsolute(path))
    .map((path) => `/${escaped(path.split(sep).join('/'))}`)
  const there = new Set((existing ?? '').split(/\r?\n/))
  const missing = ['.workos-migrate/', '.env', ...new Set(within)].filter((line) => !there.has(line))
  if (missing.length === 0) return undefined
  const before = existing === undefined || existing === '' ? '' : `${existing.replace(/\n*$/, '')}\n\n`
  return `${before}${[HEAD, ...missing].join('\n')}\n`
}

/** The path as a pattern that matches only this path. */
function escaped(path: string): string {
  return path.replace(/[\\*?[\]!#]/g, '\\$&').replace(/ $/, '\\ ')
}
