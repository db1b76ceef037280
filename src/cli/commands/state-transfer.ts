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

/**
 * Carries a whole state from one place to another. In: where from, where to. Out: the same state
 * there, compared row by row.
 */

/**
 * `state migrate --to PLACE`: copies the state to where it is to be kept from now on. The old one
 * stays.
 */
export async function stateMigrate(options: OptionsOf<typeof defineStateMigrate>, context: Context): Promise<ExitCode> {
  const carry = async ({ state, loaded }: { state: OpenState; loaded: LoadedManifest }) => {
    const to = destinationOf(options, loaded, context)
    const place = await placeOf(to)
    if (place === state.location) {
      const hint = 'name another place with --to'
      throw new UsageError({ code: 'same_state', message: `the state is at ${place} already`, hint })
    }
    checkState(to)
    const target = await openState(to, { command: 'state migrate', now: new Date(context.now()) }, context)
    try {
      if (target.serial > 0) throw notEmpty(place)
      const counts = await state.withContent((content) => carried(content, target))
      context.stdout.write(`${printable(place)}\n`)
      context.stderr.write(
        `${copied(counts)}, serial ${target.serial}. Compared row by row.\nNow say so in the manifest, and remove the old state once nobody uses it:\n\n${manifestLines(options, to)}`,
      )
    } finally {
      await target.close()
    }
  }
  return withState(options, context, carry, 'state migrate')
}

/**
 * `state restore FILE`: the state becomes again what a backup says. What it said until then is
 * copied first.
 */
export async function stateRestore(
  file: string,
  options: OptionsOf<typeof defineStateRestore>,
  context: Context,
): Promise<ExitCode> {
  const path = resolve(context.cwd, file)
  if (!existsSync(path)) {
    const hint = 'workos-migrate state backup makes one'
    throw new UsageError({ code: 'no_backup', message: `there is no file ${path}`, hint })
  }
  const loaded = await loadForState(options, context)
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  const location = stateLocation(loaded)
  checkState(location)
  const scratch = scratchBeside(statePath)
  try {
    // Opening a state makes files beside it, and may migrate it: the backup stays as it is.
    const copy = join(scratch.path, 'restored.sqlite')
    copyFileSync(path, copy)
    const backup = await findState({ type: 'file', path: copy }).catch((error) => {
      throw isUnreadable(error) ? noBackup(file, error) : error
    })
    if (backup === undefined) throw new RangeError('the copy of the backup is not there')
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
      const message = 'nobody can be asked here whether to restore: standard input is no terminal'
      throw new UsageError({ code: 'approval_missing', message, hint: 'approve with --yes' })
    }
    const text = `${printable(state.location)} is at serial ${state.serial}, and the backup at ${backup.serial}.\nReplace the state by the backup? WorkOS stays as it is.`
    if (!(await approve({ text }, { yes }, context))) {
      context.stderr.write('Nothing was restored.\n')
      return ExitCode.done
    }
    if (state.serial > 0) {
      const former = backupPath(statePath, now)
      await state.backUp(former)
      context.stderr.write(`What it said until now is in ${printable(former)}.\n`)
    }
    const counts = await backup.withContent((content) => carried(content, state))
    context.stdout.write(`${printable(state.location)}\n`)
    context.stderr.write(`${copied(counts)}, serial ${state.serial}. Compared row by row.\n`)
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
    message: `what ${target.location} says differs from what was written there`,
    hint: 'keep the old state, and look at the disk and the log of the database',
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

/**
 * A path, or a reference to the address of a database: the address itself has a password, which
 * every user of the machine would see.
 */
function destinationOf({ to, schema, ca }: MigrateOptions, loaded: LoadedManifest, context: Context): StateLocation {
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(to)?.[1]
  if (name === undefined) {
    if (/^postgres(ql)?:/i.test(to)) {
      for (const secret of secretsOfUrl(to)) loaded.redactor.register(secret)
      const hint = "set a variable, and name it in single quotes: --to '${DATABASE_URL}'"
      const message =
        'the address of a database is not for the command line, where everybody on this machine may read it'
      throw new UsageError({ code: 'secret_in_arguments', message, hint })
    }
    return { type: 'file', path: resolve(context.cwd, to) }
  }
  const url = context.env[name]
  if (url === undefined || url === '') {
    const hint = 'set it where the command runs, to the address of the database'
    throw new UsageError({ code: 'unset_reference', message: `the environment variable ${name} is not set`, hint })
  }
  loaded.redactor.register(url)
  for (const secret of secretsOfUrl(url)) loaded.redactor.register(secret)
  if (loaded.originOf(['name']) === undefined) {
    const hint = 'add a line at the top, such as name: acme-migration; it must never change afterwards'
    const message = 'a shared state requires a name in the manifest: other manifests may use the same schema'
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
    message: `there is a state at ${place} already, and migrating never replaces one`,
    hint: 'name another place; to go back to a backup: workos-migrate state restore',
  })
}

function isUnreadable(error: unknown): error is StateError {
  return error instanceof StateError && error.problems.some(({ code }) => code === 'state_unreadable')
}

/** In the words of the file that was named: what was opened is a copy of it. */
function noBackup(file: string, cause: StateError): StateError {
  const message = `${file} is no backup of a state, or is damaged`
  const hint = 'name a file that workos-migrate state backup has made; the state was left as it is'
  return new StateError({ code: 'backup_unreadable', message, hint }, { cause })
}

function otherLineage(state: OpenState, file: string): GuardError {
  return new GuardError({
    code: 'other_lineage',
    message: `${file} is a backup of another state than ${state.location}`,
    hint: 'choose the environment with -e; if it is the right one all the same, add --force',
  })
}
