import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { UsageError } from '../../diagnostics/errors.ts'
import { explaining, type Purpose, WholeFile } from '../../files/whole-file.ts'
import type { DesiredResource } from '../../resource.ts'
import { findDesired } from '../../rundb/desired.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import { INVITATIONS_FILE, INVITATIONS_HEADER, invitationRow, invitationsIn } from '../invitation/handoff-file.ts'
import {
  type HandoffOrganization,
  NOTES,
  notesHeading,
  notesSection,
  rowOf,
  TEMPLATES,
  type Template,
} from './handoff-files.ts'
import { connectionsOfType } from './statements.ts'

/**
 * Writes the files of a hand-off: connections and invitations that an administrator imports or
 * sends. Sends nothing. For the contents see handoff-files.ts.
 */

export interface HandoffOptions {
  /** A run with a complete desired set. */
  rundb: RunDatabase
  /** The WorkOS ID of an applied organization. */
  organizationId(key: string): Promise<string | undefined>
  folder: string
  includeSecrets: boolean
  /** Milliseconds since the epoch. */
  now: number
}

export interface Handoff {
  folder: string
  files: { template: Template; file: string; connections: number; organizations: number }[]
  notes: string
  /** Null: there are no invitations. */
  invitations: { file: string; invitations: number } | null
  /** How many connections have secrets. */
  withSecrets: number
  includeSecrets: boolean
}

/**
 * Writes the connections of a desired set, with notes, into files that only their owner can read.
 * Earlier files are replaced once all new ones are complete.
 * @throws UsageError when the path is not a folder, or a file cannot be written; FileError
 */
export async function writeHandoff(options: HandoffOptions): Promise<Handoff> {
  const { rundb, folder, includeSecrets, now } = options
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory()) {
    throw new UsageError({ code: 'not_a_folder', message: `${folder} is not a folder`, hint: 'pass a folder to --out' })
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
    const notes = start(NOTES, notesHeading(includeSecrets))
    const files: Handoff['files'] = []
    let withSecrets = 0
    for (const { template, file, columns } of TEMPLATES) {
      const rows = start(file, stringify([[...columns]]))
      const organizations = new Set<string>()
      let connections = 0
      for (const desired of connectionsOfType(rundb, template)) {
        const organization = await organizationOf(options, desired)
        rows.write(stringify([rowOf(template, desired, organization, includeSecrets)]))
        notes.write(notesSection(desired, organization, { includeSecrets, now }))
        connections += 1
        organizations.add(desired.refs.organization ?? '')
        if (desired.secrets !== null) withSecrets += 1
      }
      files.push({ template, file, connections, organizations: organizations.size })
    }
    const invitations = await writeInvitations(options, start)
    for (const file of written) file.complete()
    for (const file of written) file.finish()
    return { folder, files, notes: NOTES, invitations, withSecrets, includeSecrets }
  } finally {
    for (const file of written) file.discard()
  }
}

/** Replaces an earlier file of invitations, even if no invitation is left. */
async function writeInvitations(
  options: HandoffOptions,
  start: (name: string, text: string) => WholeFile,
): Promise<Handoff['invitations']> {
  let file = existsSync(join(options.folder, INVITATIONS_FILE))
    ? start(INVITATIONS_FILE, INVITATIONS_HEADER)
    : undefined
  let invitations = 0
  for (const desired of invitationsIn(options.rundb)) {
    file ??= start(INVITATIONS_FILE, INVITATIONS_HEADER)
    file.write(invitationRow(desired, await organizationOf(options, desired)))
    invitations += 1
  }
  return file === undefined ? null : { file: INVITATIONS_FILE, invitations }
}

function purposeOf(path: string): Purpose {
  return {
    message: `cannot write the connections to ${path}`,
    code: 'handoff_unwritable',
    hint: 'pass a folder that you can write to, with --out',
  }
}

async function organizationOf(
  { rundb, organizationId }: HandoffOptions,
  { refs }: DesiredResource,
): Promise<HandoffOrganization> {
  const key = refs.organization ?? ''
  const { id, name, externalId } = findDesired(rundb, 'organization', key)?.attributes ?? {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    id: text(id) || ((await organizationId(key)) ?? ''),
    name: text(name),
    externalId: text(externalId),
  }
}
