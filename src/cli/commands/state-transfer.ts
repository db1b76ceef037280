import { copyFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LoadedManifest } from '../../config/load.ts'
import { ExitCode, GuardError, StateError, UsageError } from '../../diagnostics/errors.ts'
import { counted, printable, shellWord } from '../../diagnostics/printable.ts'
import { secretsOfUrl } from '../../diagnostics/redactor.ts'
import { scratchBeside } from '../../running/scratch-place.ts'
import { sameContent } from '../../state/content.ts'
import { DEFAULT_SCHEMA, type PostgresLocation, type StateLocation, stateLocation } from '../../state/location.ts'
import { backupPath, checkState, findState, openState, placeOf } from '../../state/open.ts'
import type { OpenState, StateContent, StateEntry } from '../../state/store.ts'
import { approve } from '../approval.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateMigrate, defineStateRestore } from '../definitions/state.ts'
import { loadForState, withState } from '../with-state.ts'

/** Copies a whole state to another place and compares every row. */

/** `state migrate --to PLACE`: copies the state to a new place. The old state stays. */
export async function stateMigrate(options: OptionsOf<typeof defineStateMigrate>, context: Context): Promise<ExitCode> {
  const carry = async ({ state, loaded }: { state: OpenState; loaded: LoadedManifest }) => {
    const to = destinationOf(options, loaded, context)
    const place = await placeOf(to)
    if (place === state.location) {
      const hint = 'use --to with another place'
      throw new UsageError({ code: 'same_state', message: `the state is already at ${place}`, hint })
    }
    checkState(to)
    const target = await openState(to, { command: 'state migrate', now: new Date(context.now()) }, context)
    try {
      if (target.serial > 0) throw notEmpty(place)
      const counts = await state.withContent((content) => carried(content, target))
      context.stdout.write(`${printable(place)}\n`)
      context.stderr.write(
        `${copied(counts)}, serial ${target.serial}. Every row was compared.\nNow set the new place in the manifest, and remove the old state when nobody uses it:\n\n${manifestLines(options, to)}`,
      )
    } finally {
      await target.close()
    }
  }
  return withState(options, context, carry, 'state migrate')
}

/** `state restore FILE`: replaces the state with a backup, after a backup of the current state. */
export async function stateRestore(
  file: string,
  options: OptionsOf<typeof defineStateRestore>,
  context: Context,
): Promise<ExitCode> {
  const path = resolve(context.cwd, file)
  if (!existsSync(path)) {
    const hint = 'create a backup with workos-migrate state backup'
    throw new UsageError({ code: 'no_backup', message: `there is no file ${path}`, hint })
  }
  const loaded = await loadForState(options, context)
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  const location = stateLocation(loaded)
  checkState(location)
  const scratch = scratchBeside(statePath)
  try {
    // Opens a copy: opening a state creates files next to it and can migrate it.
    const copy = join(scratch.path, 'restored.sqlite')
    copyFileSync(path, copy)
    const backup = await findState({ type: 'file', path: copy }).catch((error) => {
      throw isUnreadable(error) ? noBackup(file, error) : error
    })
    if (backup === undefined) throw new RangeError('the copy of the backup is missing')
    try {
      return await restore({ backup, location, statePath, file }, options, context)
    } finally {
      await backup.close()
    }
  } finally {
    scratch.remove()
  }
}

async function restore(
  {
    backup,
    location,
    statePath,
    file,
  }: { backup: OpenState; location: StateLocation; statePath: string; file: string },
  { yes, force }: OptionsOf<typeof defineStateRestore>,
  context: Context,
): Promise<ExitCode> {
  const now = new Date(context.now())
  const state = await openState(location, { command: 'state restore', now }, context)
  try {
    if (state.serial > 0 && state.lineage !== backup.lineage && !force) throw otherLineage(state, file)
    if (!yes && !(context.stdin.isTTY && context.stderr.isTTY)) {
      const message = 'this command cannot ask for approval: standard input is not a terminal'
      throw new UsageError({ code: 'approval_missing', message, hint: 'approve with --yes' })
    }
    const text = `${printable(state.location)} has serial ${state.serial}; the backup has serial ${backup.serial}.\nReplace the state with the backup? WorkOS does not change.`
    if (!(await approve({ text }, { yes }, context))) {
      context.stderr.write('Nothing was restored.\n')
      return ExitCode.done
    }
    if (state.serial > 0) {
      const former = backupPath(statePath, now)
      await state.backUp(former)
      context.stderr.write(`The previous state is in ${printable(former)}.\n`)
    }
    const counts = await backup.withContent((content) => carried(content, state))
    context.stdout.write(`${printable(state.location)}\n`)
    context.stderr.write(`${copied(counts)}, serial ${state.serial}. Every row was compared.\n`)
    return ExitCode.done
  } finally {
    await state.close()
  }
}

/** Writes content into a state, reads it back, and compares every row. */
async function carried(content: StateContent, target: OpenState): Promise<Counts> {
  await target.replace(content)
  const counts = await target.withContent((written) => sameContent(content, written))
  if (counts !== undefined) return counts
  throw new StateError({
    code: 'copy_differs',
    message: `${target.location} does not contain what was written there`,
    hint: 'keep the old state, and check the disk and the database log',
  })
}

type Counts = Record<StateEntry['type'], number>

function copied({ resource, intent, run, failure, reject }: Counts): string {
  const parts = [
    counted(resource, 'resource'),
    counted(intent, 'open write'),
    counted(run, 'run'),
    counted(failure, 'failure'),
    counted(reject, 'reject'),
  ]
  return `Copied ${parts.join(', ')}`
}

type MigrateOptions = OptionsOf<typeof defineStateMigrate>

/** A path or `${VARIABLE}`. A database URL is rejected, because its password would be visible. */
function destinationOf({ to, schema, ca }: MigrateOptions, loaded: LoadedManifest, context: Context): StateLocation {
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(to)?.[1]
  if (name === undefined) {
    if (/^postgres(ql)?:/i.test(to)) {
      for (const secret of secretsOfUrl(to)) loaded.redactor.register(secret)
      const hint = "set a variable, and use its name in single quotes: --to '${DATABASE_URL}'"
      const message = 'a database URL on the command line is visible to every user of this machine'
      throw new UsageError({ code: 'secret_in_arguments', message, hint })
    }
    return { type: 'file', path: resolve(context.cwd, to) }
  }
  const url = context.env[name]
  if (url === undefined || url === '') {
    const hint = 'set it to the URL of the database'
    throw new UsageError({ code: 'unset_reference', message: `the environment variable ${name} is not set`, hint })
  }
  loaded.redactor.register(url)
  for (const secret of secretsOfUrl(url)) loaded.redactor.register(secret)
  if (loaded.originOf(['name']) === undefined) {
    const hint = 'add a line at the top, such as name: acme-migration, and never change it later'
    const message = 'a shared state needs a name in the manifest, because other manifests can use the same schema'
    throw new UsageError({ code: 'shared_state_name', message, hint })
  }
  const location: PostgresLocation = {
    type: 'postgres',
    url,
    ...(ca !== undefined && { ca: resolve(context.cwd, ca) }),
    schema: schema ?? DEFAULT_SCHEMA,
    name: loaded.manifest.name,
    environment: loaded.environment ?? null,
  }
  return location
}

function manifestLines({ to, schema, ca }: MigrateOptions, location: StateLocation): string {
  if (location.type === 'file') return `  state: { path: ${shellWord(location.path)} }\n`
  const more = [schema && `, schema: ${schema}`, ca && `, ca: ${ca}`].filter(Boolean).join('')
  return `  state: { type: postgres, url: "${to}"${more} }\n`
}

function notEmpty(place: string): GuardError {
  return new GuardError({
    code: 'state_not_empty',
    message: `there is already a state at ${place}, and migrate never replaces a state`,
    hint: 'name another place; to return to a backup, use workos-migrate state restore',
  })
}

function isUnreadable(error: unknown): error is StateError {
  return error instanceof StateError && error.problems.some(({ code }) => code === 'state_unreadable')
}

/** Names the backup itself, because `cause` names its copy. */
function noBackup(file: string, cause: StateError): StateError {
  const message = `${file} is not a backup of a state, or it is damaged`
  const hint = 'name a file from workos-migrate state backup; the state did not change'
  return new StateError({ code: 'backup_unreadable', message, hint }, { cause })
}

function otherLineage(state: OpenState, file: string): GuardError {
  return new GuardError({
    code: 'other_lineage',
    message: `${file} is a backup of another state, not of ${state.location}`,
    hint: 'choose the right environment with -e, or add --force to restore it anyway',
  })
}
