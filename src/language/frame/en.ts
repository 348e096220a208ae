/** English words of the page's frame: the list of chapters, shortcuts, a sandbox that waits or sleeps. */
export const frameEn = {
  chapters: 'Chapters and steps',
  help: 'Keyboard shortcuts',
  queued: 'place {place} in the queue',
  queuedNote:
    'Place {place} in the queue. Your cluster starts as soon as there is room; you can read on meanwhile.',
  sleepsIn: 'sleeps in {minutes} min',
  asleep: 'sandbox asleep',
  asleepNote: 'Your cluster sleeps because nothing was done for a while. Everything in it is kept.',
  wake: 'Wake it',
  keys: {
    '?': 'Show these shortcuts',
    'Ctrl K': 'Search the course',
    'Ctrl `': 'Between text and terminal',
    F6: 'Round text, terminal and tools',
    '← →': 'Between tabs; on a handle: move it',
    'Ctrl Shift Enter': 'New terminal',
    'Ctrl Shift ← →': 'Between terminals',
    'Ctrl Shift F': 'Search the terminal',
    'Ctrl Shift C, V': 'Copy and paste in the terminal',
    'F2, Delete': 'Rename or close a terminal, on its tab',
    'Ctrl Enter': 'Apply the file in the editor',
    'Ctrl S': 'Save the file in the editor',
  },
}
