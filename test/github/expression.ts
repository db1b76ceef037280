/**
 * Expressions of GitHub Actions that action.yml uses: members of contexts, texts, always(), ==, !=,
 * && and ||.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */

export type Contexts = Record<string, unknown>

const TOKEN = /\s*('(?:[^']|'')*'|[A-Za-z_][\w.-]*(?:\(\))?|==|!=|&&|\|\||\(|\))/y

/** The value of an expression. An unknown member is an empty text. */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const tokens = tokensOf(expression)
  let at = 0
  const take = () => tokens[at++] ?? ''
  const primary = (): unknown => {
    const token = take()
    if (token === '(') {
      const value = either()
      if (take() !== ')') throw new Error(`no ) in ${expression}`)
      return value
    }
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
    if (token === 'always()') return true
    return member(contexts, token)
  }
  const comparison = (): unknown => {
    const left = primary()
    const sign = tokens[at]
    if (sign !== '==' && sign !== '!=') return left
    at += 1
    return (left === primary()) === (sign === '==')
  }
  const both = (): unknown => {
    let value = comparison()
    while (tokens[at] === '&&') {
      at += 1
      const next = comparison()
      value = value ? next : value
    }
    return value
  }
  const either = (): unknown => {
    let value = both()
    while (tokens[at] === '||') {
      at += 1
      const next = both()
      value = value || next
    }
    return value
  }
  const value = either()
  if (at !== tokens.length) throw new Error(`${tokens[at]} is not understood in ${expression}`)
  return value
}

/** Replaces `${{ … }}` in a text. */
export function filledIn(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => String(evaluate(expression, contexts) ?? ''))
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const trimmed = expression.trim()
  while (TOKEN.lastIndex < trimmed.length) {
    const from = TOKEN.lastIndex
    const token = TOKEN.exec(trimmed)?.[1]
    if (token === undefined) throw new Error(`${trimmed.slice(from)} is not understood`)
    tokens.push(token)
  }
  return tokens
}

function member(contexts: Contexts, path: string): unknown {
  const [context = '', ...names] = path.split('.')
  if (!(context in contexts)) throw new Error(`there is no context ${path}`)
  let value = contexts[context]
  for (const name of names) value = value instanceof Object ? Reflect.get(value, name) : undefined
  return value ?? ''
}
