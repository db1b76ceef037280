/**
 * Proposes a manifest for the answers and plans it. If the recipe of an origin does not fit the
 * file, it maps the file by column names.
 */
import { dirname } from 'node:path'
import { OperatorError, UsageError } from '../../diagnostics/errors.ts'
import { shownName } from '../../inspecting/sensitivity.ts'
import { counted } from '../../reporting/style.ts'
import type { Snapshot } from '../../sources/snapshot/snapshot.ts'
import type { Context } from '../context.ts'
import { type Answers, type DatabaseAnswer, ORIGINS, type UnusedFile } from './answers.ts'
import { unused } from './folder.ts'
import { conditionsIn, type Forecast, forecastOf, type NoForecast } from './forecast.ts'
import { causesOf, inspectFiles, inspectLive } from './inspect.ts'
import type { Prompts } from './prompts.ts'
import { proposeDatabase } from './propose-database.ts'
import { type ProposalBasis, type ProposedManifest, proposeManifest } from './propose-manifest.ts'
import { proposeSource } from './propose-source.ts'

/** A manifest and what it is based on. */
export interface Proposal {
  answers: Answers
  basis: ProposalBasis
  manifest: ProposedManifest
  /** Undefined if the source was not read. */
  forecast: Forecast | NoForecast | undefined
}

export interface ProposeOptions {
  /** The manifest to write, absolute. */
  file: string
  /** Whether a live source is read. */
  read: boolean
}

/**
 * Inspects the source, proposes a manifest and plans it. Takes the first way to read the files that
 * migrates at least one user.
 * @throws UsageError if none does
 */
export async function propose(
  answers: Answers,
  options: ProposeOptions,
  prompts: Prompts | undefined,
  context: Context,
): Promise<Proposal> {
  if (answers.live !== undefined || answers.database !== undefined)
    return proposeLive(answers, options, prompts, context)
  const tried: Proposal[] = []
  let failure: unknown
  for (const [index, candidate] of waysToRead(answers).entries()) {
    try {
      const proposal = await proposeFiles(candidate, { ...options, isAnother: index > 0 }, prompts, context)
      tried.push(proposal)
      if (fits(proposal)) return proposal
    } catch (error) {
      // The file can have another form than its origin's, so try the next way.
      if (!(error instanceof OperatorError)) throw error
      failure ??= error
    }
  }
  const [first] = tried
  if (first === undefined) throw failure
  if (fitsNobody(first)) throw refusal(first)
  return first
}

/** First the recipe of the origin, then the column names. */
function waysToRead(answers: Answers): Answers[] {
  const { users } = answers.files
  if (answers.origin === 'file' || users === undefined) return [answers]
  const isRealm = answers.origin === 'keycloak' && answers.files.organizations === undefined
  const own = isRealm ? [answers, { ...answers, withoutOrganizations: true }] : [answers]
  return [...own, { ...answers, origin: 'file', instead: answers.origin, files: { users }, unused: unusedBy(answers) }]
}

/** A mapping by column names reads only the users file. */
function unusedBy({ files, unused: already }: Answers): UnusedFile[] {
  const others = Object.entries(files).filter(([part]) => part !== 'users')
  return [...others.map(([, file]) => unused(file, 'the recipe that reads it does not fit the users file')), ...already]
}

async function proposeFiles(
  answers: Answers,
  { file, isAnother }: ProposeOptions & { isAnother: boolean },
  prompts: Prompts | undefined,
  context: Context,
): Promise<Proposal> {
  const proposed = proposeSource(answers, dirname(file))
  const { only } = answers.files.users?.data ?? {}
  const inspected = await inspectFiles(proposed, { directory: context.cwd, only, isAnother }, context)
  return planned(answers, { ...inspected, today: today(context) }, { file }, prompts, context)
}

async function proposeLive(
  answers: Answers,
  { file, read }: ProposeOptions,
  prompts: Prompts | undefined,
  context: Context,
): Promise<Proposal> {
  const { database } = answers
  const source = database === undefined ? proposeSource(answers, dirname(file)) : proposeDatabase(answers, database)
  const asked = withUrl(context, database)
  const { inspection, obtainSnapshot } = await inspectLive(source, { directory: dirname(file), read }, prompts, asked)
  const basis = { source, inspection: inspection ?? database?.inspection, nulls: [], today: today(context) }
  const isPlanned = database === undefined || obtainSnapshot !== undefined
  const proposal = await planned(answers, basis, { file, obtainSnapshot, isPlanned }, prompts, asked)
  if (fitsNobody(proposal)) throw refusal(proposal)
  return proposal
}

/** Adds the URL of the database to the environment. */
function withUrl(context: Context, database: DatabaseAnswer | undefined): Context {
  if (database === undefined) return context
  return { ...context, env: { ...context.env, ...database.values, [database.variable]: database.url } }
}

function today({ now }: Context): string {
  return new Date(now()).toISOString().slice(0, 10)
}

/** Asks whether to skip users who cannot sign in, and plans the manifest. */
async function planned(
  answers: Answers,
  basis: ProposalBasis,
  {
    isPlanned = true,
    ...where
  }: { file: string; obtainSnapshot?: () => Promise<Snapshot | undefined>; isPlanned?: boolean },
  prompts: Prompts | undefined,
  context: Context,
): Promise<Proposal> {
  const first = proposeManifest({ ...answers, leaveOut: answers.leaveOut ?? true }, basis)
  const leaveOut = answers.leaveOut ?? (await askToLeaveOut(first, prompts))
  const decided = { ...answers, leaveOut }
  const manifest = leaveOut ? first : proposeManifest(decided, basis)
  if (basis.inspection === undefined || !isPlanned) return { answers: decided, basis, manifest, forecast: undefined }
  const variables = manifest.variables.map(({ name }) => name)
  const forecast = await forecastOf(
    { ...where, text: manifest.text, variables, isEmpty: answers.target === 'sandbox' },
    context,
  )
  const known = 'problems' in forecast ? basis : { ...basis, forecast }
  return { answers: decided, basis: known, manifest: proposeManifest(decided, known), forecast }
}

async function askToLeaveOut({ lockedOut }: ProposedManifest, prompts: Prompts | undefined): Promise<boolean> {
  if (prompts === undefined || lockedOut.length === 0) return true
  const columns = lockedOut.map(({ path, says }) => `${path} ${says}`).join(', or ')
  return prompts.confirm(`Skip users who cannot sign in (${columns})? In WorkOS they could sign in again`, true)
}

/** A failed plan does not count against a recipe: it shows what to correct. */
function fits(proposal: Proposal): boolean {
  return !fitsNobody(proposal) && !(isFailed(proposal) && proposal.answers.origin === 'file')
}

function isFailed({ forecast }: Proposal): boolean {
  return forecast !== undefined && 'problems' in forecast
}

function fitsNobody({ forecast }: Proposal): boolean {
  if (forecast === undefined || 'problems' in forecast) return false
  return forecast.records + forecast.rejected > 0 && forecast.users === 0
}

function refusal({ answers, basis, manifest, forecast }: Proposal): UsageError {
  const { records, rejected, leftOut, leftOutBy } =
    forecast === undefined || 'problems' in forecast ? { records: 0, rejected: 0, leftOut: 0, leftOutBy: [] } : forecast
  const causes = forecast === undefined || 'problems' in forecast ? '' : causesOf(forecast)
  const left = leftOut === 0 ? '' : `; ${leftOut} left out${conditionsIn(leftOutBy)}`
  const name = answers.files.users?.name ?? ORIGINS[answers.origin].title
  const columns = (basis.inspection?.streams[0]?.paths ?? []).slice(0, 12).map(({ path }) => shownName(path))
  const missing =
    manifest.incomplete.length === 0 ? '' : `no column was found for ${manifest.incomplete.join(' and ')}; `
  return new UsageError({
    code: 'nobody_fits',
    message: `nothing was written: ${counted(records === 0 ? rejected : records, 'record')} in ${name}, but no user to migrate${causes}${left}`,
    hint:
      `${missing}${columns.length === 0 ? 'no row of the file could be read' : `the file has the columns ${columns.join(', ')}`}. Name another file with --users, correct this file, ` +
      'or write the mapping yourself: docs/how-to/sources/file.md',
  })
}
