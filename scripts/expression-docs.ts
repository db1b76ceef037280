import { encodingFunctions, type MappingFunction, textFunctions, valueFunctions } from '../src/mapping/functions.ts'
import { passwordFunctions } from '../src/mapping/password-functions.ts'

const PREAMBLE = `# Expressions

<!-- Written by scripts/generate-manifest-docs.ts: change the text in scripts/expression-docs.ts, and the functions in src/mapping/functions. -->

The values under \`map\` are [JSONata](https://docs.jsonata.org) expressions over one record: \`first_name\` is the value of that
column, \`$email(email)\` calls a function, \`plan = 'pro' ? 'paid' : 'free'\` decides. A field whose expression yields nothing
is left out. \`workos-migrate validate\` compiles all of them and points at the character where one is wrong;
\`workos-migrate inspect\` shows which fields there are; [tests](../how-to/mapping-tests.md) show that they yield what you mean.

| Written | Means |
|---|---|
| \`email\`, \`profile.email\` | a field of the record; of the item, under an \`each\` |
| \`\` \`Email Verified\` \`\` | a field whose name has blanks or other signs |
| \`$record.id\` | a field of the whole record, from within an \`each\` |
| \`$vars.organization.name\` | a value of the manifest's section \`vars\` |
| \`$secrets.signerKey\` | a text of the section \`secrets\`; only in \`map.user.password\`, \`passwordHash\` and \`totpSecret\` |
| \`($x := login; $exists($x) ? $x : id)\` | a value with a name of its own, in parentheses |
| \`$exists(a) ? a : b\` | \`a\` if it is there. \`a ? a : b\` also takes \`b\` where \`a\` is empty, 0 or false |

In YAML, an expression that holds \`: \` or \` #\`, or begins with a quote, a bracket or \`*\`, stands in quotes or behind \`>-\`. \`$eval\` is not
available: it would run text from an export. An evaluation ends after five seconds or 500 nested steps, and rejects its record. \`$now\`,
\`$millis\`, \`$random\` and \`$shuffle\` answer differently on every run, so that a plan over them never comes to rest: they are
warned of.

\`$lowercase\` and \`$uppercase\` make no ASCII letter out of another character: the Kelvin sign stays what it is and does not become a \`k\`.
An address with such a character could otherwise become the address of another person. For addresses there is \`$email\`. Where an
expression computes \`map.user.key\`, \`email\` or \`user\`, the addresses that it reads are checked as the source has them:
[duplicates](../how-to/duplicates.md#addresses-that-can-be-taken-for-another) says which are rejected.

Beside [JSONata's own functions](https://docs.jsonata.org/string-functions) there are these. None of them runs data as code. Nothing in
(an absent field, null, blanks) is nothing out, unless it says otherwise.
`

const PASSWORDS = `Each yields what \`map.user.passwordHash\` takes: \`{ hash, type }\` in the form that WorkOS takes, or \`{ unsupported }\` with the name of
a scheme that WorkOS has no counterpart for, or \`{ notHash }\` with the shape of what is no hash. Those users, and users whose hash is beyond WorkOS's limits (too few rounds, say), are
created without a password and reset it, or are rejected: \`passwords.unsupported\` says which. No part of a hash is in any message.
[Passwords](../how-to/passwords.md) has the table of what WorkOS takes.
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

/** One line per encoding that is read: the functions differ in nothing but their names. */
function encodings(): string {
  const names = new Map<string, string[]>()
  for (const { name } of encodingFunctions) {
    const [from = ''] = name.split('To')
    names.set(from, [...(names.get(from) ?? []), code(`$${name}`)])
  }
  const rows = [...names].map(([from, list]) => `| ${from} | ${list.join(' ')} |`)
  const [example] = encodingFunctions
  return [
    'From each encoding to each other. Base64 is written with `=` and Base64 for URLs and Base32 without; both are read either way.',
    'Text is UTF-8. What is not of its encoding rejects the record.\n',
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
