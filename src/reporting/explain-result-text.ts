import type { ExplainedAction, ExplainedRole, Explanation } from '../explaining/explanation.ts'
import { jsonText } from '../json.ts'
import { isResourceKind } from '../kinds/registry.ts'
import { fitted, valueText, wrapped } from './explain-records-text.ts'
import { counted } from './style.ts'

/** `admin ← "Org Admin" of members.csv:3 (map.membership.roles), by roles.map.Org Admin [migrate.config.yaml:9]`. */
export function roleLines(roles: readonly ExplainedRole[], indent: string): string[] {
  return roles.flatMap(({ role, name, origin, from, by, at, given, why }) => {
    const source = name === null ? from : `"${name}" in ${origin} (${from})`
    const line = by === null || by === from ? '' : `, by ${by}`
    const where = at === null ? '' : ` [${at}]`
    const lost = given ? '' : ` – not given${why === undefined ? '' : `: ${why}`}`
    return wrapped(`${role} ← ${source}${line}${where}${lost}`, indent)
  })
}

export function referenceLines({ references }: Explanation): string[] {
  return references.flatMap(({ role, address, action, id, why }) => {
    const shown = id === null ? '' : `  ${id}`
    return [`  ${role} → ${address}  ${action}${shown}`, ...(why === null ? [] : wrapped(why, '      '))]
  })
}

export function dependentLines({ dependents }: Explanation): string[] {
  return dependents.flatMap(({ plural, count, shown }) => [
    `  ${counted(count, plural.replace(/s$/, ''), plural)}`,
    ...shown.flatMap(({ address, action, why, roles = [] }) => [
      `    ${address}  ${action}`,
      ...(why === null ? [] : wrapped(why, '      ')),
      ...roleLines(roles, '      '),
    ]),
    ...(count > shown.length ? [`    … ${count - shown.length} more`] : []),
  ])
}

export function stateLines({ state, kind }: Explanation): string[] {
  if (state === null) return isResourceKind(kind) ? ['  the state does not know it'] : []
  const { id, ownership, run, attributes, secrets, reduced, answered, gone, openWrite } = state
  const open =
    openWrite === null
      ? []
      : wrapped(`a ${openWrite} of an earlier run has no answer yet: the next plan looks up what became of it`, '  ')
  if (id === '') return open
  return [
    `  ${id}  ${ownership} by run ${run}`,
    ...Object.entries(attributes).map(([name, value]) => fitted(`    ${name}: `, value)),
    ...secrets.map((name) => `    ${name}: (secret)`),
    ...(reduced === null ? [] : [`  WorkOS did not take all of it (${reduced})`]),
    ...(answered === null ? [] : [`  WorkOS answered otherwise: ${valueText(answered)}`]),
    ...(gone === null ? [] : [`  run ${gone} was told that WorkOS has it no more`]),
    ...open,
  ]
}

export function liveLines({ live }: Explanation): string[] {
  if (live === null) return []
  if (live.why !== null) return wrapped(`not looked up: ${live.why}`, '  ')
  if (!live.found) return [`  WorkOS has ${live.id === null ? 'nothing like it' : `no ${live.id} any more`}`]
  return [`  ${live.id}`, ...Object.entries(live.attributes).map(([name, value]) => fitted(`    ${name}: `, value))]
}

export function actionLines({ action }: Explanation): string[] {
  const { type, why, hint, code, changes, kept } = action
  return [
    ...wrapped(`${type}${code === null ? '' : ` (${code})`}: ${why}`, '  '),
    ...(hint === null ? [] : wrapped(hint, '      ')),
    ...changes.map(changeLine),
    ...kept.flatMap(({ field, live, desired, reason }) => {
      const values =
        field === '*'
          ? ''
          : `: WorkOS has ${live === undefined ? 'nothing' : valueText(live)}, the source ${desired === undefined ? 'nothing' : valueText(desired)}`
      return wrapped(`≠ ${field === '*' ? 'all of it' : field}${values} (${reason})`, '    ')
    }),
  ]
}

function changeLine(change: ExplainedAction['changes'][number]): string {
  if ('secret' in change) return `    ${change.field}: (secret)`
  const { field, before, after } = change
  return `    ${field}: ${before === undefined ? 'nothing' : valueText(before)} → ${after === undefined ? 'nothing' : valueText(after)}`
}

export function requestLines({ requests, action }: Explanation): string[] {
  if (requests.length === 0) {
    return ['create', 'update', 'adopt'].includes(action.type) ? ['  none: only the state changes'] : []
  }
  return requests.flatMap(({ method, path, body }) => [
    `  ${method} ${path}`,
    ...(body === undefined
      ? []
      : jsonText(body, 2)
          .split('\n')
          .map((line) => `  ${line}`)),
  ])
}
