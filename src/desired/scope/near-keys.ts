import { nearest } from '../../config/nearest.ts'
import type { Selector } from '../../config/pilot.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { addressGlob, globOf, type Population } from './choose.ts'

/** How many keys are compared with a misspelt one: more would take longer than looking oneself. */
const COMPARED_AT_MOST = 20_000

/** How many keys that would fit are named. */
const EXAMPLES = 3

/** What a selector says that fits nothing, and what may have been meant. @param where what was looked through: `the source` */
export function matchesNothing(
  rundb: RunDatabase,
  text: string,
  selector: Selector,
  population: Population,
  where: string,
): Problem {
  return {
    code: 'selects_nothing',
    message: `the selector ${text} fits nothing in ${where}`,
    hint: hintFor(rundb, text, selector, population),
  }
}

function hintFor(rundb: RunDatabase, text: string, selector: Selector, population: Population): string {
  const several = text.split(/\s*,\s*(?=(?:organization|user|email|domain)\s*:)/)
  if (several.length > 1) return `blanks stand between selectors: --only ${several.map(quotedForShell).join(' ')}`
  const known = otherWay(rundb, selector)
  if (known !== undefined) return known
  const near = nearKey(rundb, selector, population)
  if (near !== undefined) return `did you mean ${near}?`
  const examples = someKeys(rundb, selector, population)
  return `${FROM[selector.kind]}${examples === '' ? '' : `, like ${examples}`}`
}

/** Whom it may mean in another way: an organization by its domain, a user by the address. */
function otherWay(rundb: RunDatabase, selector: Selector): string | undefined {
  const { kind, pattern } = selector
  const left = rundb
    .statement('SELECT path FROM left_out_keys WHERE kind = ? AND key GLOB ?')
    .get(kind, globOf(pattern))
  if (left !== undefined) return `${left.path} leaves ${kind}:${pattern} out`
  if (kind === 'domain') {
    const owner = rundb
      .statement(
        `SELECT d.key FROM desired d, json_each(d.attributes, '$.domains') domain
         WHERE d.kind = 'organization' AND lower(domain.value) GLOB ? LIMIT 1`,
      )
      .get(globOf(pattern).toLowerCase())
    return owner && `nobody has an address in that domain; the organization that claims it is organization:${owner.key}`
  }
  if (kind === 'email') {
    const merged = rundb
      .statement(
        `SELECT a.canonical FROM drafts d JOIN aliases a ON a.kind = d.kind AND a.key = d.key
         WHERE d.kind = 'user' AND lower(d.attributes ->> '$.email') GLOB ? LIMIT 1`,
      )
      .get(addressGlob(selector))
    return merged && `a record with that address merged into another one: choose user:${merged.canonical}`
  }
  if (kind === 'user' && pattern.includes('@')) return `to choose by the address, write email:${pattern}`
  return undefined
}

/** Without quotes a shell takes the signs of patterns for names of files. */
function quotedForShell(selector: string): string {
  return /[*?\s|&;<>()$`"\\]/.test(selector) ? `'${selector}'` : selector
}

const FROM: Readonly<Record<Selector['kind'], string>> = {
  organization: 'write the key that map.organization.key yields, to the letter',
  user: 'write the key that map.user.key yields, to the letter',
  email: 'write the address that map.user.email yields',
  domain: 'write all that stands behind the @ of the addresses',
}

/** A few that would fit. */
function someKeys(rundb: RunDatabase, { kind }: Selector, population: Population): string {
  const names = rundb.statement(`${namesOf(kind, population)} ORDER BY name LIMIT ${EXAMPLES}`).all()
  return names.map(({ name }) => `${kind}:${name}`).join(', ')
}

/** A query for what selectors of a kind could name. */
function namesOf(kind: Selector['kind'], { organizations, users }: Population): string {
  switch (kind) {
    case 'organization':
      return `SELECT key AS name FROM (${organizations})`
    case 'user':
      return `SELECT DISTINCT key AS name FROM (${users})`
    case 'email':
      return `SELECT DISTINCT email AS name FROM (${users}) WHERE email IS NOT NULL`
    case 'domain':
      return `SELECT DISTINCT substr(email, instr(email, '@') + 1) AS name FROM (${users}) WHERE email IS NOT NULL`
  }
}

function nearKey(rundb: RunDatabase, { kind, pattern }: Selector, population: Population): string | undefined {
  if (/[*?]/.test(pattern)) return undefined
  const names = rundb
    .statement(`${namesOf(kind, population)} LIMIT ${COMPARED_AT_MOST + 1}`)
    .all()
    .map(({ name }) => String(name))
  if (names.length > COMPARED_AT_MOST) return undefined
  const close = nearest(pattern, names)
  return close === undefined ? undefined : `${kind}:${close}`
}
