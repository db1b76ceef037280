import { PassThrough } from 'node:stream'
import {
  type ArgumentDescription,
  type CommandDescription,
  describeProgram,
  type OptionDescription,
} from '../src/cli/commands/help.ts'
import { buildProgram } from '../src/cli/program.ts'
import { tableRow } from './generated-table.ts'

const PREAMBLE = `# Commands

<!-- Written by npm run docs from the definitions of the commands: change them in src/cli/definitions. -->

\`workos-migrate help COMMAND\` prints the same in a terminal, and \`workos-migrate help --json\` prints it [for programs](json.md#the-registry-of-commands).
A command without a manifest takes the nearest \`migrate.config.yaml\`, from its own folder upwards.
`

/** What a command changes. */
const EFFECTS: Record<CommandDescription['effect'], string> = {
  none: 'It writes nothing.',
  files: 'It writes files on this machine, and nothing into WorkOS.',
  workos: '**It writes into WorkOS.**',
  other: 'It writes into another service.',
}

const signal = new AbortController().signal
/** No command runs. */
const NOWHERE = {
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  stdin: new PassThrough(),
  env: {},
  cwd: '/',
  now: () => 0,
  interrupted: signal,
  killed: signal,
}

/** docs/reference/commands.md: every command with its arguments and options. */
export function commandsDocs(): string {
  const { commands, options } = describeProgram(buildProgram(NOWHERE, async () => {}))
  return [
    PREAMBLE,
    '## All commands\n',
    ...table(
      ['Command', 'What it does'],
      commands.map(({ name, summary }) => [`[\`${name}\`](#${anchorOf(name)})`, summary]),
    ),
    '## Options of every command\n',
    ...optionTable(options),
    ...commands.flatMap(section),
  ].join('\n')
}

function section({ name, summary, effect, arguments: args, options, outputs }: CommandDescription): string[] {
  const usage = ['workos-migrate', name, ...args.map(usageOf), ...(options.length > 0 ? ['[options]'] : [])].join(' ')
  const schemas = outputs.map(
    ({ option, schema, lines }) =>
      `\`${option}\`: [${schema}](../../schemas/${schema})${lines ? ', one object a line' : ''}`,
  )
  return [
    `## ${name}\n`,
    `${summary}. ${EFFECTS[effect]}\n`,
    '```text',
    usage,
    '```\n',
    ...(options.length > 0 ? optionTable(options) : []),
    ...(schemas.length > 0 ? [`What programs read: ${schemas.join('; ')}.\n`] : []),
  ]
}

function optionTable(options: readonly OptionDescription[]): string[] {
  return table(
    ['Option', 'What it does', 'Default'],
    options.map(({ short, long, value, description, required, repeatable, default: preset }) => [
      `\`${[short, long].filter(Boolean).join(', ')}${value === null ? '' : value.required ? ` <${value.name}>` : ` [${value.name}]`}\``,
      [
        description,
        ...(value?.choices ? [`one of ${value.choices.map((choice) => `\`${choice}\``).join(', ')}`] : []),
        ...(repeatable ? ['several are allowed'] : []),
        ...(required ? ['required'] : []),
      ].join('; '),
      preset === null ? '' : `\`${preset}\``,
    ]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [tableRow(head), tableRow(head.map(() => '---')), ...rows.map(tableRow), '']
}

function usageOf({ name, required, repeatable }: ArgumentDescription): string {
  const dots = repeatable ? '…' : ''
  return required ? `<${name}${dots}>` : `[${name}${dots}]`
}

function anchorOf(name: string): string {
  return name.replaceAll(' ', '-')
}
