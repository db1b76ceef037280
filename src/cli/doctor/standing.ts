import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/shell-word.ts'
import { type Finding, problem } from './finding.ts'
import { type Patient, shownPath } from './patient.ts'

/** Whether there is a state, or what keeps a run from having one there. */
export type Standing = 'there' | 'none' | Finding

/** Looks under the name of the state without opening it. */
export function standingOf(path: string, patient: Patient): Standing {
  const shown = (of: string) => shownPath(of, patient)
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return existing(path, shown)
    return missing(placeOf(path), shown)
  } catch (error) {
    const code = codeOf(error) ?? String(error)
    const hint = `see whose its folder is: ls -ld ${shellWord(shown(dirname(path)))}; or correct state.path`
    return problem('state', `nobody can tell whether there is a state: ${shown(path)} (${code})`, hint)
  }
}

function existing(path: string, shown: (path: string) => string): Standing {
  const barred = [path, dirname(path)].find((one) => !isWritable(one))
  if (barred === undefined) return 'there'
  const hint = `see whose it is, and run as that user: ls -ld ${shellWord(shown(barred))}`
  return problem(
    'state',
    `this user may not write ${barred === path ? 'the state' : 'in its folder'}: ${shown(barred)}`,
    hint,
  )
}

function missing(place: string, shown: (path: string) => string): Standing {
  if (!statSync(place).isDirectory()) {
    const hint = 'move it away, or name another folder in state.path'
    return problem('state', `the state cannot be made: ${shown(place)} is no folder`, hint)
  }
  if (isWritable(place)) return 'none'
  const hint = `see whose it is, or name another folder in state.path: ls -ld ${shellWord(shown(place))}`
  return problem(
    'state',
    `the state cannot be made: this user may not write in ${shown(place) === '.' ? 'this folder' : shown(place)}`,
    hint,
  )
}

/** The nearest thing above a path that exists. */
export function placeOf(path: string): string {
  const folder = dirname(path)
  return existsSync(folder) || folder === dirname(folder) ? folder : placeOf(folder)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
