import { appendFileSync, chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { type DesiredSet, desiredFromRow } from '../desired/desired-set.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { printable } from '../diagnostics/printable.ts'
import { createPrivateFile } from '../files/private-file.ts'
import type { DesiredResource } from '../resources/kind.ts'
import type { StateStore } from '../state/store.ts'
import { notesOn } from './notes.ts'
import { type HandoffOrganization, rowOf, TEMPLATES, type Template } from './templates.ts'

const NOTES = 'handoff_notes.md'

export interface HandoffOptions {
  set: DesiredSet
  /** Knows WorkOS's ids of the organizations that have been applied. */
  state: Pick<StateStore, 'idOf'>
  folder: string
  includeSecrets: boolean
  /** Milliseconds since the epoch. */
  now: number
}

/** What was written. */
export interface Handoff {
  folder: string
  files: { template: Template; file: string; connections: number; organizations: number }[]
  notes: string
  /** Connections that have secrets. */
  withSecrets: number
  includeSecrets: boolean
}

/**
 * Writes the connections of a desired set into the files that WorkOS imports, with notes on what to look at. Only their owner may read
 * them; what was written there before is replaced.
 * @throws UsageError when the folder is a file
 */
export async function writeHandoff({ set, state, folder, includeSecrets, now }: HandoffOptions): Promise<Handoff> {
  if (statSync(folder, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError({ code: 'not_a_folder', message: `${folder} is a file`, hint: 'name a folder with --out' })
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const notes = startFile(folder, NOTES, heading(includeSecrets))
  const files: Handoff['files'] = []
  let withSecrets = 0
  for (const { template, file, columns } of TEMPLATES) {
    const path = startFile(folder, file, stringify([[...columns]]))
    const organizations = new Set<string>()
    let connections = 0
    for (const desired of connectionsOf(set, template)) {
      const organization = await organizationOf(set, state, desired)
      appendFileSync(path, stringify([rowOf(template, desired, organization, includeSecrets)]))
      appendFileSync(notes, section(desired, organization, notesOn(desired, { includeSecrets, now })))
      connections += 1
      organizations.add(desired.refs.organization ?? '')
      if (desired.secrets !== null) withSecrets += 1
    }
    files.push({ template, file, connections, organizations: organizations.size })
  }
  return { folder, files, notes: NOTES, withSecrets, includeSecrets }
}

function startFile(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  createPrivateFile(path)
  writeFileSync(path, text)
  chmodSync(path, 0o600)
  return path
}

function* connectionsOf({ staging }: DesiredSet, template: Template): Generator<DesiredResource> {
  const rows = staging.db
    .prepare(
      `SELECT * FROM desired WHERE kind = 'connection' AND json_extract(attributes, '$.type') = ?
       ORDER BY json_extract(refs, '$.organization'), key`,
    )
    .iterate(template)
  for (const row of rows) yield desiredFromRow(row)
}

async function organizationOf(
  set: DesiredSet,
  state: HandoffOptions['state'],
  { refs }: DesiredResource,
): Promise<HandoffOrganization> {
  const key = refs.organization ?? ''
  const { id, name, externalId } = set.get('organization', key)?.attributes ?? {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    id: text(id) || ((await state.idOf('organization', key)) ?? ''),
    name: text(name),
    externalId: text(externalId),
  }
}

function heading(includeSecrets: boolean): string {
  const secrets = includeSecrets
    ? 'These files hold secrets: client secrets and private keys. Keep them private, and delete them when they have been imported.'
    : 'Secrets (client secrets, private keys) have been left out, and their cells are empty: a text in their place would be taken for one.'
  return `# Connections to hand over\n\n${secrets}\n`
}

function section({ key }: DesiredResource, organization: HandoffOrganization, notes: readonly string[]): string {
  const name = organization.name || organization.externalId || organization.id
  const lines = notes.length === 0 ? ['nothing to look at'] : notes
  return `\n## ${plain(key)} (${plain(name)})\n\n${lines.map((line) => `- ${plain(line)}\n`).join('')}`
}

/** Text that is data: no character of it is markup. */
function plain(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>#|]/g, (character) => `\\${character}`)
}
