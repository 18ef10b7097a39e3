import type { Command } from 'commander';
import type { Surroundings } from './surroundings.js';

/** The options of all commands. */
export interface GlobalOptions {
  /** The URL of the database, where it is said. */
  readonly database?: string | undefined;
  readonly json: boolean;
  readonly debug: boolean;
}

/** What a command works with. */
export interface CommandContext extends Surroundings {
  readonly options: GlobalOptions;
}

/** Runs a command, and gives its exit code. */
export type CommandAction = (context: CommandContext) => Promise<number>;

/** Declares one command of the program: its arguments, options and help, and what is done when it is called. */
export type CommandDeclaration = (program: Command, perform: (action: CommandAction) => Promise<void>) => void;
