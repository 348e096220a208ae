/** A container with `tty: true`: its process runs on a terminal that `attach` connects to. */

import { joinArguments, SandboxError } from '../sandbox/bubblewrap.ts'
import { signalJoined } from '../sandbox/signals.ts'
import type { MachineStart } from './machine.ts'
import type { Exit, RunningContainer } from './running.ts'
import { onTerminalOfItsOwn, startTerminal } from './terminal.ts'

/** Rejects with SandboxError. The sandbox is held by a process of its own: a terminal cannot be handed to its first. */
export async function startMachineOnTerminal(start: MachineStart): Promise<RunningContainer> {
  const { sandbox, command, log } = start
  const prepared = await sandbox.prepare(start.env)
  const [name = '', ...rest] = command
  const lookup = sandbox.find(prepared, name)
  if ('problem' in lookup) throw new SandboxError(sandbox.createError(lookup.problem))
  const holder = await sandbox.hold(prepared)
  const joined = joinArguments(
    holder,
    onTerminalOfItsOwn([sandbox.called(name, lookup.path), ...rest]),
    prepared.spec.workingDirectory,
  )
  const terminal = await startTerminal({ ...joined, env: { TERM: 'xterm', ...prepared.env } })
  const collect = log.collector('stdout')
  terminal.stdout.on('data', (chunk: Buffer) => collect(chunk))
  const exited = terminal.exited.then(async (exit): Promise<Exit> => {
    collect()
    await sandbox.kill()
    return exit
  })
  return {
    exited,
    terminate: () => signalJoined(terminal.pid, 'SIGTERM'),
    kill: () => void sandbox.kill(),
    console: terminal,
  }
}
