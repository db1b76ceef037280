import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import type { DesiredSet } from '../desired/desired-set.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { printable } from '../diagnostics/printable.ts'
import { explaining, type Purpose, WholeFile } from '../files/whole-file.ts'
import type { DesiredResource } from '../resource.ts'
import { desiredWith } from '../rundb/desired.ts'
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
 * them; what was written there before is replaced once all of them are complete.
 * @throws UsageError when the path is not a folder, or a file cannot be written; FileError
 */
export async function writeHandoff({ set, state, folder, includeSecrets, now }: HandoffOptions): Promise<Handoff> {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory()) {
    throw new UsageError({ code: 'not_a_folder', message: `${folder} is no folder`, hint: 'name a folder with --out' })
  }
  explaining(folder, purposeOf(folder), () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  const written: WholeFile[] = []
  const start = (name: string, text: string) => {
    const path = join(folder, name)
    const file = new WholeFile(path, purposeOf(path))
    written.push(file)
    file.write(text)
    return file
  }
  try {
    const notes = start(NOTES, heading(includeSecrets))
    const files: Handoff['files'] = []
    let withSecrets = 0
    for (const { template, file, columns } of TEMPLATES) {
      const rows = start(file, stringify([[...columns]]))
      const organizations = new Set<string>()
      let connections = 0
      for (const desired of desiredWith(set.rundb, 'connection', {
        attribute: 'type',
        value: template,
        byRef: 'organization',
      })) {
        const organization = await organizationOf(set, state, desired)
        rows.write(stringify([rowOf(template, desired, organization, includeSecrets)]))
        notes.write(section(desired, organization, notesOn(desired, { includeSecrets, now })))
        connections += 1
        organizations.add(desired.refs.organization ?? '')
        if (desired.secrets !== null) withSecrets += 1
      }
      files.push({ template, file, connections, organizations: organizations.size })
    }
    for (const file of written) file.complete()
    for (const file of written) file.finish()
    return { folder, files, notes: NOTES, withSecrets, includeSecrets }
  } finally {
    for (const file of written) file.discard()
  }
}

function purposeOf(path: string): Purpose {
  return {
    message: `the connections cannot be written to ${path}`,
    code: 'handoff_unwritable',
    hint: 'name a folder that you may write to, with --out',
  }
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
