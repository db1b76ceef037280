import { Argument, type Command } from 'commander'
import { command, examples, type Start } from '../command-line.ts'
import { SHELLS, WORDS } from '../completion/scripts.ts'
import type { Context } from '../context.ts'

/** `completion`, and the hidden command that its scripts ask. */
export function addCompletion(program: Command, context: Context, start: Start): void {
  const completion = command(program, 'completion', 'Print the script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell) => start(async () => (await import('../commands/completion.ts')).completion(shell, context)))
  examples(completion, [
    ['source <(workos-migrate completion bash)', 'bash, in ~/.bashrc'],
    ['source <(workos-migrate completion zsh)', 'zsh, in ~/.zshrc after compinit'],
    ['workos-migrate completion fish | source', 'fish, in ~/.config/fish/config.fish'],
  ])
  program
    .command(WORDS, { hidden: true })
    .argument('[words...]')
    .action((words) =>
      start(async () => (await import('../commands/completion.ts')).completionWords(program, words, context)),
    )
}
