/**
 * The example of docs/tutorials/first-pull-request.md: migrated users, and a pull request that
 * changes the mapping. The program itself makes everything that the page shows.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from './output.ts'

/** The blocks of the page by name, and the folder with the pull request. */
export interface Story {
  folder: string
  blocks: Record<string, string>
}

const FIRST = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'John', 'Radia', 'Tony']
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Allen', 'Backus', 'Perlman', 'Hoare']
const ORGANIZATIONS = ['acme', 'borealis', 'cobalt']

interface Person {
  external_id: string
  email: string
  first_name: string
  last_name: string
  email_verified: string
  org_external_id: string
  org_name: string
  role_slugs: string
  plan: string
}

/** Thirty users in three organizations, each with two admins. */
function people(): Person[] {
  return ORGANIZATIONS.flatMap((organization, group) =>
    FIRST.map((first, n) => {
      const last = LAST[(n + group) % LAST.length] ?? ''
      return {
        external_id: `u${group * FIRST.length + n + 1}`,
        email: `${first}.${last}@${organization}.example`.toLowerCase(),
        first_name: first,
        last_name: last,
        email_verified: n % 5 === 0 ? 'no' : 'yes',
        org_external_id: organization,
        org_name: `${organization[0]?.toUpperCase()}${organization.slice(1)}`,
        role_slugs: n < 2 ? 'admin' : 'member',
        plan: n % 3 === 0 ? 'pro' : 'free',
      }
    }),
  )
}

/** One user was promoted, another has a new name. */
function changed(person: Person): Person {
  if (person.external_id === 'u5') return { ...person, role_slugs: 'admin' }
  if (person.external_id === 'u7') return { ...person, last_name: 'Holberton' }
  return person
}

/** Two new users. */
function newcomers(): Person[] {
  const [ada] = people()
  if (ada === undefined) return []
  return [
    {
      ...ada,
      external_id: 'u31',
      email: 'jean.bartik@acme.example',
      first_name: 'Jean',
      last_name: 'Bartik',
      role_slugs: 'member',
    },
    {
      ...ada,
      external_id: 'u32',
      email: 'mary.keller@cobalt.example',
      first_name: 'Mary',
      last_name: 'Keller',
      org_external_id: 'cobalt',
      org_name: 'Cobalt',
    },
  ]
}

function csv(rows: readonly Person[]): string {
  const columns = Object.keys(rows[0] ?? {})
  return [columns, ...rows.map((row) => Object.values(row))].map((cells) => `${cells.join(',')}\n`).join('')
}

const BEFORE = `version: 1
name: acme
source: { type: csv, path: ./users.csv }
map:
  user:
    firstName: first_name
    lastName: last_name
    emailVerified: email_verified
  membership:
    roles: role_slugs
roles:
  define: { admin: { name: Admin }, member: { name: Member } }
target: { type: sandbox }
environments:
  production: {}
`

type Edits = readonly (readonly [from: string, to: string])[]

/** The pull request adds the subscription to the metadata, and swaps the names by mistake. */
const EDITS: Edits = [
  ['    firstName: first_name\n', '    firstName: last_name\n'],
  ['    lastName: last_name\n', '    lastName: first_name\n    metadata: { plan: subscription_plan }\n'],
]

const MARKDOWN = ['plan', '-e', 'production', '--format', 'markdown']

/** The intended change. */
const CORRECTED: Edits = [['    lastName: last_name\n', '    lastName: last_name\n    metadata: { plan: plan }\n']]

/** Mistakes that a reviewer should notice, as edits of the manifest. */
const MISTAKES: readonly Mistake[] = [
  {
    name: 'everybody-admin',
    edits: [['    roles: role_slugs\n', `    roles: "'admin'"\n`]],
  },
  {
    name: 'everybody-verified',
    edits: [['    emailVerified: email_verified\n', "    emailVerified: \"email_verified ? 'true' : 'false'\"\n"]],
  },
  {
    name: 'half-left-out',
    edits: [['  user:\n', '  user:\n    when: "plan = \'pro\'"\n']],
  },
  {
    name: 'no-such-column',
    edits: [['    emailVerified: email_verified\n', '    emailVerified: verified\n']],
  },
]

interface Mistake {
  name: string
  edits: Edits
}

function edited(manifest: string, edits: Edits): string {
  return edits.reduce((text, [from, to]) => text.replace(from, () => to), manifest)
}

/** The edits as a diff. */
function difference(edits: Edits): string {
  const lines = (mark: string, text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => `${mark}${line}\n`)
  return edits
    .flatMap(([from, to]) => [...lines('-', from), ...lines('+', to).filter((line) => !from.includes(line.slice(1)))])
    .join('')
}

/** The warnings above the counts of a plan. */
function warningsOf(plan: string): string {
  return plan.slice(plan.indexOf('Warnings\n'), plan.indexOf('\nRecords\n')).trimEnd()
}

/** Runs the story in a temporary folder. Call endStory to remove it. */
export async function tellStory(): Promise<Story> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-review-'))
  const manifest = join(folder, 'migrate.config.yaml')
  const rows = people()
  writeFileSync(join(folder, 'users.csv'), csv(rows))
  writeFileSync(manifest, BEFORE)
  await output(folder, ['apply', '-e', 'production', '--yes'])
  writeFileSync(manifest, edited(BEFORE, EDITS))
  const blocks: Record<string, string> = {
    difference: difference(EDITS),
    plan: await output(folder, ['plan', '-e', 'production']),
    markdown: await output(folder, [...MARKDOWN, '--mask', 'emails']),
    explain: await output(folder, ['explain', 'user:u1', '-e', 'production']),
  }
  for (const { name, edits } of MISTAKES) {
    writeFileSync(manifest, edited(BEFORE, edits))
    blocks[name] = warningsOf(await output(folder, ['plan', '-e', 'production']))
  }
  writeFileSync(manifest, edited(BEFORE, CORRECTED))
  blocks.corrected = await output(folder, ['plan', '-e', 'production'])
  writeFileSync(manifest, BEFORE)
  writeFileSync(join(folder, 'users.csv'), csv([...rows.map(changed), ...newcomers()]))
  blocks.incremental = await output(folder, [...MARKDOWN, '--mask', 'emails'])
  writeFileSync(join(folder, 'users.csv'), csv(rows))
  writeFileSync(manifest, edited(BEFORE, EDITS))
  return { folder, blocks }
}

export function endStory({ folder }: Story): void {
  rmSync(folder, { recursive: true, force: true })
}
