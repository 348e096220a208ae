/** What `meshdojo workshop` is; what it does is loaded when it runs. */
import type { Command } from './command-line.ts'

const HELP = `Usage: meshdojo workshop COMMAND [ARGUMENT …] [--server URL] [--token TOKEN] [--json]

  list                              all workshops
  create TITLE --chapters A,B …     make one (below); prints its code and link
  show ID                           one workshop
  open ID, close ID                 let learners in; nobody works any more
  prewarm ID NUMBER                 start that many sandboxes ahead
  seats ID                          who is listed or has joined
  roster ID FILE.csv                upload the list of learners; prints their links
  results ID [--format json|csv|steps]   what came of it
  delete ID [--personal-data]       with everything in it, or only the personal data

  --server URL       the server (default: the one that runs on --data, else MESHDOJO_SERVER)
  --token TOKEN      made on the server's account page (default: MESHDOJO_TOKEN, else the one in --data)
  --data DIR         the server's data folder, when it runs here (default ~/.local/share/meshdojo)
  --json             the server's answer as JSON

  for create:  --language en|zh  --gating  --seats N  --opens TIME  --closes TIME  --open
               --sandbox-lives MINUTES  --sandbox-sleeps MINUTES  --pins choose|given|none  --roster-only
`

export const workshopCommand: Command = {
  summary: 'make, open, watch and end workshops from scripts',
  help: HELP,
  run: async (argv, output) => (await import('./workshop.ts')).runWorkshop(argv, output),
}
