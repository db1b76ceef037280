import { encodingFunctions, type MappingFunction, textFunctions, valueFunctions } from '../src/mapping/functions.ts'
import { passwordFunctions } from '../src/mapping/password-functions.ts'

const PREAMBLE = `# Expressions

<!-- Written by scripts/generate-manifest-docs.ts: change the text in scripts/expression-docs.ts, and the functions in src/mapping/functions. -->

The values under \`map\` are [JSONata](https://docs.jsonata.org) expressions on one record: \`first_name\` is the value of a column,
\`$email(email)\` calls a function, \`plan = 'pro' ? 'paid' : 'free'\` decides. If an expression returns no value, the field is omitted.

\`workos-migrate inspect\` lists the columns, \`workos-migrate validate\` points to the character of an error, and
[tests](../how-to/mapping-tests.md) show that the results are right.

| Expression | Meaning |
|---|---|
| \`email\`, \`profile.email\` | a field of the record; in a rule with \`each\`, of the item |
| \`\` \`Email Verified\` \`\` | a field whose name has spaces or special characters |
| \`$record.id\` | a field of the whole record, in a rule with \`each\` |
| \`$vars.organization.name\` | a value of \`vars\` in the manifest |
| \`$secrets.signerKey\` | a text of \`secrets\`; only in \`map.user.password\`, \`passwordHash\` and \`totpSecret\` |
| \`($x := login; $exists($x) ? $x : id)\` | a named value, in parentheses |
| \`$exists(a) ? a : b\` | \`a\` if it exists. \`a ? a : b\` returns \`b\` also if \`a\` is empty, 0 or false |

In YAML, quote an expression that contains \`: \` or \` #\`, or begins with a quote, a bracket or \`*\`; or write it after \`>-\`.

- An evaluation ends after 5 s or 500 nested steps, and rejects its record.
- \`$eval\` is not available: it would execute text from an export.
- \`$now\`, \`$millis\`, \`$random\` and \`$shuffle\` return a different value on every run, so that every plan has changes. The plan warns
  about them.
- \`$lowercase\` and \`$uppercase\` never turn another character into an ASCII letter: the Kelvin sign does not become \`k\`. Otherwise one
  address could become another user's. Use \`$email\` for addresses. If an expression computes \`map.user.key\`, \`email\` or \`user\`, the plan
  also checks the addresses that it reads: [duplicates](../how-to/duplicates.md#addresses-that-can-be-mistaken-for-another) lists the rejected ones.

workos-migrate adds these functions to [JSONata's own](https://docs.jsonata.org/string-functions). None of them executes data. Without a
value (an absent field, null, or spaces), a function returns no value, unless its description says otherwise.
`

const PASSWORDS = `Each function returns one of these values for \`map.user.passwordHash\`:

- \`{ hash, type }\` in WorkOS's form
- \`{ unsupported }\` with the name of an unsupported hasher
- \`{ notHash }\` with the shape of a value that is not a hash

Users without a supported hash are created without a
password or rejected: \`passwords.unsupported\` decides. No message contains any part of a hash. [Passwords](../how-to/passwords.md) lists the
hashes that WorkOS accepts.
`

/** docs/reference/expressions.md, in Markdown, from the functions. */
export function expressionDocs(): string {
  const parts = [
    PREAMBLE,
    section('Text', textFunctions),
    section('Values', valueFunctions),
    '## Encodings\n',
    encodings(),
    section('Passwords', passwordFunctions, PASSWORDS),
  ]
  return `${parts.join('\n').trimEnd()}\n`
}

function section(title: string, functions: readonly MappingFunction[], introduction?: string): string {
  const lines = functions.map(({ signature, does, example: [call, result] }) => {
    const shown = `${code(call)} → ${code(JSON.stringify(result))}`
    return `| ${code(signature)} | ${cell(does)} ${shown} |`
  })
  const table = ['| Function | |', '|---|---|', ...lines].join('\n')
  return [`## ${title}\n`, ...(introduction === undefined ? [] : [introduction]), `${table}\n`].join('\n')
}

/** One line for each encoding that is read: the functions differ only in their names. */
function encodings(): string {
  const names = new Map<string, string[]>()
  for (const { name } of encodingFunctions) {
    const [from = ''] = name.split('To')
    names.set(from, [...(names.get(from) ?? []), code(`$${name}`)])
  }
  const rows = [...names].map(([from, list]) => `| ${from} | ${list.join(' ')} |`)
  const [example] = encodingFunctions
  return [
    'A function for each pair of encodings. They write Base64 with `=`, and Base64 for URLs and Base32 without; they read both forms.',
    'Text is UTF-8. A value that is not in its encoding rejects the record.\n',
    ...(example === undefined ? [] : [`${code(example.example[0])} → ${code(JSON.stringify(example.example[1]))}\n`]),
    '| From | |\n|---|---|',
    `${rows.join('\n')}\n`,
  ].join('\n')
}

function code(text: string): string {
  return cell(text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
