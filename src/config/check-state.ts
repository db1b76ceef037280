import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'

interface Places {
  locate(path: string[]): Location
  originOf(path: string[]): Location | undefined
}

/** Checks of `state` that the schema cannot express: keys of each type, and the name. */
export function checkStatePlace(state: unknown, { locate, originOf }: Places): Problem[] {
  if (!isObject(state)) return []
  const problem = (code: string, path: string[], message: string, hint: string): Problem => ({
    code,
    message,
    hint,
    path: path.join('.'),
    at: locate(path),
  })
  if (state.type !== 'postgres') {
    return ['url', 'schema', 'ca']
      .filter((key) => state[key] !== undefined)
      .map((key) => {
        const message = `state.${key} is only for a state in PostgreSQL, but this state is a file`
        return problem('wrong_state_key', ['state', key], message, 'add state.type: postgres, or remove the key')
      })
  }
  const problems: Problem[] = []
  if (state.url === undefined) {
    const hint = 'set state.url to ${DATABASE_URL}, and set the variable in the environment'
    problems.push(problem('missing_key', ['state', 'type'], 'the key state.url is missing', hint))
  }
  if (originOf(['name']) === undefined) {
    const message = 'a shared state needs a name in the manifest, because other manifests can use the same schema'
    const hint = 'add a line at the top, such as name: acme-migration, and never change it later'
    problems.push(problem('shared_state_name', ['state', 'type'], message, hint))
  }
  return problems
}
