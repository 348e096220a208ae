/** The tool Files: the learner's files as a tree, an editor that knows the cluster's kinds, and what applying changes. */
import '../../styles/editor.css'
import { forEachDiagnostic, nextDiagnostic } from '@codemirror/lint'
import type { FileEntry } from '../../../sandbox-server/protocol/files.ts'
import { homePath, LARGEST_FILE_BYTES } from '../../../sandbox-server/protocol/home-path.ts'
import { fill } from '../../language/index.ts'
import { runInTerminal } from '../checks/run.ts'
import { session } from '../connection/session.ts'
import { element } from '../workspace/element.ts'
import { announce, theWords } from '../workspace/page.ts'
import type { MountedTool, ToolDetails } from '../workspace/tools.ts'
import { CodeEditor, fieldAt, isManifest, wayText } from './code-editor.ts'
import { CompareView, sizeText } from './compare-view.ts'
import { ask } from './dialogs.ts'
import { Drafts } from './drafts.ts'
import { FileProblems } from './file-problems.ts'
import { FileTabs, nameOf } from './file-tabs.ts'
import { FileTree } from './file-tree.ts'
import { type Answer, type CommandEnd, FilesFeed, type Wish } from './files-feed.ts'
import { KindsFeed } from './kinds-feed.ts'
import { isUnsaved, type OpenFile, textIn } from './open-file.ts'
import { applyCommand } from './shell-path.ts'

export async function mount(host: HTMLElement): Promise<MountedTool<'files'>> {
  // Whose drafts these are; without a server the browser's own.
  const learner = await session().then(
    ({ learner }) => learner.id,
    () => 'nobody',
  )
  return new FilesTool(host, new Drafts(localStorage, learner))
}

type Failure = Extract<Answer, { type: 'failed' }>['failure'] | 'offline'

const DRAFT_DELAY_MS = 250
const FIELD_DELAY_MS = 120

class FilesTool implements MountedTool<'files'> {
  readonly #host: HTMLElement
  readonly #drafts: Drafts
  readonly #feed: FilesFeed
  readonly #kinds: KindsFeed
  readonly #problems: FileProblems
  readonly #tree: FileTree
  readonly #tabs: FileTabs
  readonly #editor: CodeEditor
  readonly #compare = new CompareView()
  readonly #files = new Map<string, OpenFile>()
  readonly #bar: HTMLElement
  readonly #notice = element('div', { class: 'files-notice', role: 'status', hidden: true })
  readonly #empty = element('div', { class: 'files-empty' })
  readonly #code = element('div', { class: 'files-code' })
  readonly #field = element('p', { class: 'files-field' })
  readonly #place = element('span', {})
  readonly #status = element('span', { role: 'status', class: 'files-status' })
  readonly #count = element('button', { type: 'button', class: 'files-count', hidden: true })
  #entries = new Map<string, FileEntry>()
  #active: string | undefined
  #isDiffing = false
  #isAway = true
  #applying: { command: string; path: string } | undefined
  #draftTimer: ReturnType<typeof setTimeout> | undefined
  #fieldTimer: ReturnType<typeof setTimeout> | undefined
  #isShown = false
  #drawnTabs = ''

  constructor(host: HTMLElement, drafts: Drafts) {
    this.#host = host
    this.#drafts = drafts
    const words = theWords().files
    this.#feed = new FilesFeed({
      onTree: (entries, isCut) => this.#treeChanged(entries, isCut),
      onCommand: command => this.#commandEnded(command),
      onAway: isAway => {
        this.#isAway = isAway
        this.#drawEmpty()
        if (isAway && this.#active !== undefined) this.#say(words.away)
        else if (this.#status.textContent === words.away) this.#say('')
      },
    })
    this.#kinds = new KindsFeed(() => this.#editor.lookAgain())
    this.#problems = new FileProblems(this.#feed, this.#kinds)
    this.#tree = new FileTree({
      open: path => void this.#open(path, true),
      make: folder => void this.#make(folder),
      rename: entry => void this.#rename(entry),
      remove: entry => void this.#remove(entry),
    })
    this.#tabs = new FileTabs(
      path => this.#show(path),
      path => void this.#close(path),
    )
    this.#editor = new CodeEditor(this.#code, {
      kinds: this.#kinds,
      problems: text => this.#problems.of(text),
      onChange: text => this.#typed(text),
      onLook: () => this.#drawFoot(),
      save: () => void this.#save(),
      apply: () => void this.#apply(),
    })
    this.#bar = this.#makeBar()
    host.classList.add('files')
    host.append(
      this.#tree.host,
      element(
        'div',
        { class: 'files-main' },
        this.#bar,
        this.#notice,
        element(
          'div',
          { class: 'files-panel', id: 'files-panel' },
          this.#empty,
          this.#code,
          this.#compare.host,
        ),
        this.#field,
        element(
          'div',
          { class: 'files-foot' },
          this.#count,
          this.#status,
          element('span', { class: 'grow' }),
          this.#place,
          element('span', { class: 'files-leave', id: 'files-leave' }, words.leave),
        ),
      ),
    )
    this.#count.title = words.nextProblem
    this.#count.addEventListener('click', () => {
      this.#setDiffing(false)
      nextDiagnostic(this.#editor.view)
      this.#editor.view.focus()
    })
    for (const path of drafts.tabs.paths) this.#recall(path)
    this.#feed.connect()
    this.#kinds.all()
    this.#show(drafts.tabs.active)
    host.addEventListener('keydown', event => this.#key(event))
    window.addEventListener('beforeunload', () => this.#keepDraft())
  }

  shown(): void {
    this.#isShown = true
    this.#feed.connect()
    this.#editor.view.requestMeasure()
  }

  hidden(): void {
    this.#isShown = false
    this.#keepDraft()
    // On a phone the terminal comes to the front while kubectl works: its end is still waited for.
    if (!this.#applying) this.#feed.disconnect()
  }

  open({ path, line, text }: ToolDetails['files']): void {
    const wanted = path === undefined ? undefined : homePath(path)
    if (wanted === undefined) return
    if (text !== undefined) return this.#openNew(this.#freePath(wanted), text)
    void this.#open(wanted, true).then(() => {
      if (line !== undefined && this.#active === wanted) this.#editor.goTo(line)
    })
  }

  get #file(): OpenFile | undefined {
    return this.#active === undefined ? undefined : this.#files.get(this.#active)
  }

  // Opening, showing, closing

  /** From an earlier page: a draft at once, the rest when the tree has arrived. */
  #recall(path: string): void {
    const draft = this.#drafts.get(path)
    this.#files.set(path, {
      path,
      saved: '',
      hash: draft?.base ?? '',
      stamp: '',
      state: draft && this.#editor.stateFor(draft.text, path),
    })
    void this.#read(path)
  }

  async #open(path: string, takesFocus: boolean): Promise<void> {
    const isNew = !this.#files.has(path)
    if (isNew) this.#files.set(path, { path, saved: '', hash: '', stamp: '', state: undefined })
    this.#show(path)
    if (isNew) await this.#read(path)
    if (takesFocus && this.#active === path && !this.#isDiffing) this.#editor.view.focus()
  }

  #openNew(path: string, text: string): void {
    this.#files.set(path, { path, saved: '', hash: '', stamp: '', state: this.#editor.stateFor(text, path) })
    this.#show(path)
    this.#keepDraft()
    this.#editor.view.focus()
  }

  #show(path: string | undefined): void {
    this.#keepState()
    if (path !== undefined && this.#files.has(path)) this.#active = path
    else this.#active = [...this.#files.keys()].at(-1)
    const file = this.#file
    if (file?.state) this.#editor.show(file.state)
    if (file) this.#tree.show(file.path)
    this.#say('')
    if (this.#isDiffing) void this.#diff()
    this.#drafts.tabs = {
      paths: [...this.#files.keys()],
      ...(this.#active === undefined ? {} : { active: this.#active }),
    }
    this.#draw()
  }

  async #close(path: string): Promise<void> {
    const file = this.#files.get(path)
    if (!file) return
    this.#keepState()
    if (isUnsaved(file) && textIn(file) !== '') {
      const words = theWords().files
      const name = nameOf(path, [])
      const answer = await ask(this.#host, {
        title: fill(words.closeTitle, { name }),
        note: words.closeNote,
        doIt: words.closeDo,
      })
      if (answer === undefined) return
    }
    this.#forget(path)
  }

  #forget(path: string): void {
    clearTimeout(this.#draftTimer)
    this.#drafts.set(path, undefined)
    const paths = [...this.#files.keys()]
    const at = paths.indexOf(path)
    const next = this.#active === path ? (paths[at + 1] ?? paths[at - 1]) : this.#active
    this.#files.delete(path)
    if (this.#active === path) this.#active = undefined
    this.#show(next)
  }

  // What the toolbox has

  /** Takes what is in the toolbox, unless something is typed that would be lost. */
  async #read(path: string): Promise<void> {
    const file = this.#files.get(path)
    if (!file) return
    const words = theWords().files
    const stamp = this.#entries.get(path)?.stamp ?? ''
    const answer = await this.#ask({ type: 'read', path })
    if (!this.#files.has(path) || !answer) return
    if (path === this.#active) this.#keepState()
    if (answer.type === 'binary') {
      file.note = fill(words.isBinary, { size: sizeText(answer.sizeBytes) })
      file.state = undefined
    } else if (answer.type === 'failed') this.#cannotRead(file, answer.failure, answer.detail)
    else if (answer.type === 'text') {
      file.stamp = stamp
      this.#arrived(file, answer.text, answer.hash)
    }
    if (path === this.#active) this.#draw()
    this.#drawTabs()
  }

  #arrived(file: OpenFile, text: string, hash: string): void {
    delete file.note
    const typed = file.state && textIn(file)
    const isUntouched = typed === undefined || (typed === file.saved && file.hash !== '')
    if (typed === text) delete file.conflict
    else if (!isUntouched && file.hash !== hash) {
      file.conflict = { hash, text }
      return
    }
    const isNews = typed !== undefined && isUntouched && typed !== text
    file.saved = text
    file.hash = hash
    if (typed === undefined) {
      file.state = this.#editor.stateFor(text, file.path)
      if (file.path === this.#active) this.#editor.show(file.state)
    } else if (isNews) {
      if (file.path === this.#active) {
        this.#editor.replaceText(text)
        this.#keepState()
        this.#say(fill(theWords().files.reloaded, { name: nameOf(file.path, []) }), 'good')
      } else file.state = this.#editor.stateFor(text, file.path)
    }
    if (this.#isDiffing && file.path === this.#active) void this.#diff()
  }

  #cannotRead(file: OpenFile, failure: Failure, detail: string): void {
    const words = theWords().files
    if (failure === 'gone') {
      if (file.state === undefined) {
        this.#forget(file.path)
        return this.#say(fill(words.isGone, { name: file.path }), 'bad')
      }
      // Typed and never saved, or deleted meanwhile.
      if (file.hash !== '') file.conflict = { hash: '' }
      return
    }
    file.note =
      failure === 'too-big'
        ? fill(words.sizeTooBig, { size: sizeText(Number(detail)), path: file.path })
        : this.#failureText(failure)
    if (!isUnsaved(file)) file.state = undefined
  }

  #treeChanged(entries: readonly FileEntry[], isCut: boolean): void {
    this.#entries = new Map(entries.map(entry => [entry.path, entry]))
    this.#tree.set(entries, isCut)
    for (const file of this.#files.values()) {
      const entry = this.#entries.get(file.path)
      if (entry && entry.stamp !== file.stamp) void this.#read(file.path)
      else if (
        !entry &&
        file.hash !== '' &&
        !isCut &&
        !file.path.split('/').some(part => part.startsWith('.'))
      )
        this.#cannotRead(file, 'gone', '')
      else if (!entry && file.state === undefined) void this.#read(file.path)
    }
    this.#drawEmpty()
    this.#drawNotice()
  }

  // Typing, saving, applying

  /** The editor's own keys, wherever in the tool the focus is. */
  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey)) return
    if (event.key !== 's' && event.key !== 'Enter') return
    event.preventDefault()
    if (event.key === 's') void this.#save()
    else void this.#apply()
  }

  #typed(text: string): void {
    const file = this.#file
    if (!file) return
    this.#keepState()
    clearTimeout(this.#draftTimer)
    this.#draftTimer = setTimeout(() => this.#keepDraft(), DRAFT_DELAY_MS)
    if (this.#status.dataset['kind'] !== 'away') this.#say('')
    this.#drawTabs()
    if (text === file.conflict?.text) {
      file.saved = text
      file.hash = file.conflict.hash
      delete file.conflict
    }
    this.#drawNotice()
  }

  #keepState(): void {
    const file = this.#file
    if (file?.state) file.state = this.#editor.view.state
  }

  #keepDraft(): void {
    clearTimeout(this.#draftTimer)
    const file = this.#file
    if (!file?.state) return
    this.#keepState()
    const isKept = this.#drafts.set(
      file.path,
      isUnsaved(file) ? { text: textIn(file), base: file.hash } : undefined,
    )
    if (!isKept) this.#say(theWords().files.unsaved, 'bad')
  }

  /** True when what the editor shows is in the toolbox. */
  async #save(): Promise<boolean> {
    const file = this.#file
    if (!file?.state) return false
    this.#keepState()
    const words = theWords().files
    const text = textIn(file)
    if (!isUnsaved(file)) {
      this.#say(words.saved, 'good')
      return true
    }
    this.#say(words.saving)
    const answer = await this.#ask({ type: 'write', path: file.path, text, expected: file.hash })
    if (answer?.type === 'written') {
      file.saved = text
      file.hash = answer.hash
      delete file.conflict
      this.#say(words.saved, 'good')
      announce(words.saved)
    } else if (answer?.type === 'conflict') {
      file.conflict = { hash: answer.hash, ...(answer.text === undefined ? {} : { text: answer.text }) }
      this.#say('')
    } else this.#fail(answer)
    this.#keepDraft()
    this.#draw()
    return answer?.type === 'written'
  }

  /** Types `kubectl apply` into the chosen terminal: what the learner would do, seen, kept and counted as theirs. */
  async #apply(): Promise<void> {
    const file = this.#file
    if (!file?.state || !isManifest(file.path) || !(await this.#save())) return
    const command = applyCommand(file.path)
    this.#applying = { command, path: file.path }
    this.#say(theWords().files.applying)
    runInTerminal(command)
  }

  #commandEnded({ commandLine, exitCode, output }: CommandEnd): void {
    if (/\b(kubectl|oc|istioctl)\b/.test(commandLine)) {
      this.#problems.forget()
      this.#kinds.refresh()
      this.#editor.lookAgain()
      if (this.#isDiffing) void this.#diff()
    }
    if (commandLine.trim() !== this.#applying?.command) return
    const words = theWords().files
    this.#applying = undefined
    if (!this.#isShown) this.#feed.disconnect()
    const isGood = exitCode === 0
    const lines = output.trim().split('\n')
    const said = lines.length > 3 ? `${lines.slice(0, 2).join('; ')}; …` : lines.join('; ')
    const text = isGood ? `${words.applied}: ${said}` : words.notApplied
    this.#say(text, isGood ? 'good' : 'bad')
    announce(text)
  }

  // Comparing

  #setDiffing(isDiffing: boolean): void {
    this.#isDiffing = isDiffing
    if (isDiffing) {
      this.#compare.wait()
      void this.#diff()
    } else this.#compare.hide()
    this.#draw()
  }

  async #diff(): Promise<void> {
    const file = this.#file
    if (!file?.state) return this.#compare.hide()
    this.#keepState()
    const words = theWords().files
    const answer = await this.#ask({ type: 'compare', text: textIn(file) })
    if (!this.#isDiffing || this.#file !== file) return
    if (answer?.type !== 'compared') {
      this.#setDiffing(false)
      return this.#fail(answer)
    }
    const hasObjects = answer.before !== '' || answer.after !== ''
    this.#compare.show({
      title: words.diffTitle,
      before: answer.before,
      after: answer.after,
      same: hasObjects ? words.diffSame : words.diffNone,
      refused: answer.refused,
    })
  }

  // The tree's wishes

  async #make(folder: string): Promise<void> {
    const words = theWords().files
    const start = folder === '' ? '' : `${folder}/`
    const answer = await ask(this.#host, {
      title: words.newTitle,
      doIt: words.newDo,
      field: { label: words.newLabel, value: `${start}my-rule.yaml`, check: path => this.#checkNew(path) },
    })
    const path = answer === undefined ? undefined : homePath(answer)
    if (path === undefined) return
    this.#openNew(path, '')
    await this.#save()
  }

  #checkNew(typed: string): string | undefined {
    const words = theWords().files
    const path = homePath(typed)
    if (path === undefined) return words.badPath
    return this.#entries.has(path) || this.#files.has(path) ? words.failures.exists : undefined
  }

  async #rename(entry: FileEntry): Promise<void> {
    const words = theWords().files
    const answer = await ask(this.#host, {
      title: fill(words.renameTitle, { name: nameOf(entry.path, []) }),
      doIt: words.renameDo,
      field: {
        label: words.newLabel,
        value: entry.path,
        check: path => (homePath(path) === entry.path ? undefined : this.#checkNew(path)),
      },
    })
    const to = answer === undefined ? undefined : homePath(answer)
    if (to === undefined || to === entry.path) return
    const done = await this.#ask({ type: 'rename', path: entry.path, to })
    if (done?.type !== 'done') return this.#fail(done)
    this.#keepState()
    const moved = [...this.#files.values()].filter(
      ({ path }) => path === entry.path || path.startsWith(`${entry.path}/`),
    )
    for (const file of moved) {
      this.#files.delete(file.path)
      this.#drafts.set(file.path, undefined)
      const path = to + file.path.slice(entry.path.length)
      if (this.#active === file.path) this.#active = path
      file.path = path
      this.#files.set(path, file)
    }
    this.#show(this.#active)
    this.#keepDraft()
  }

  async #remove(entry: FileEntry): Promise<void> {
    const words = theWords().files
    const answer = await ask(this.#host, {
      title: fill(words.removeTitle, { name: nameOf(entry.path, []) }),
      note: entry.kind === 'folder' ? words.removeFolderNote : words.removeNote,
      doIt: words.remove,
    })
    if (answer === undefined) return
    const done = await this.#ask({ type: 'remove', path: entry.path })
    if (done?.type !== 'done') return this.#fail(done)
    for (const path of [...this.#files.keys()])
      if (path === entry.path || path.startsWith(`${entry.path}/`)) this.#forget(path)
  }

  /** `x.yaml`, `x-2.yaml` … */
  #freePath(path: string): string {
    const [, stem = path, ending = ''] = /^(.*?)(\.[^./]*)?$/.exec(path) ?? []
    for (let number = 1; ; number++) {
      const tried = number === 1 ? path : `${stem}-${number}${ending}`
      if (!this.#entries.has(tried) && !this.#files.has(tried)) return tried
    }
  }

  // Drawing

  /** undefined: offline, which is said. */
  async #ask(wish: Wish): Promise<Answer | undefined> {
    return this.#feed.ask(wish).catch(() => undefined)
  }

  #fail(answer: Answer | undefined): void {
    const text =
      answer?.type === 'failed'
        ? [this.#failureText(answer.failure), answer.failure === 'failed' ? answer.detail : ''].join(' ')
        : this.#failureText('offline')
    this.#say(text, 'bad')
    announce(text)
  }

  #failureText(failure: Failure): string {
    return fill(theWords().files.failures[failure], { limit: LARGEST_FILE_BYTES / 1024 })
  }

  #say(text: string, kind: 'plain' | 'good' | 'bad' = 'plain'): void {
    this.#status.textContent = text
    this.#status.dataset['kind'] = kind
    this.#status.title = text
  }

  #draw(): void {
    const file = this.#file
    this.#host.dataset['open'] = String(file !== undefined)
    const canEdit = file?.state !== undefined
    this.#code.hidden = !canEdit || this.#isDiffing
    for (const button of this.#bar.querySelectorAll<HTMLButtonElement>('[data-do=save]'))
      button.disabled = !canEdit
    for (const button of this.#bar.querySelectorAll<HTMLButtonElement>('[data-do=apply], [data-do=diff]'))
      button.disabled = !canEdit || !isManifest(file.path)
    this.#bar.querySelector('[data-do=diff]')?.setAttribute('aria-pressed', String(this.#isDiffing))
    if (!canEdit) this.#compare.hide()
    this.#drawTabs()
    this.#drawEmpty()
    this.#drawNotice()
    this.#drawFoot()
  }

  #drawTabs(): void {
    const open = [...this.#files.values()].map(file => ({ path: file.path, isUnsaved: isUnsaved(file) }))
    const drawn = JSON.stringify([open, this.#active])
    if (drawn === this.#drawnTabs) return
    this.#drawnTabs = drawn
    this.#tabs.draw(open, this.#active)
    const unsaved = open.filter(one => one.isUnsaved)
    this.#tree.mark(new Map(unsaved.map(({ path }) => [path, theWords().files.unsaved])))
  }

  #drawEmpty(): void {
    const words = theWords().files
    const file = this.#file
    this.#empty.hidden = file?.state !== undefined
    if (file?.note) this.#empty.replaceChildren(element('p', {}, file.note))
    else if (file || (this.#isAway && this.#entries.size === 0))
      this.#empty.replaceChildren(element('p', {}, words.loading))
    else this.#empty.replaceChildren(element('h3', {}, words.emptyTitle), element('p', {}, words.emptyNote))
  }

  #drawNotice(): void {
    const words = theWords().files
    const file = this.#file
    const conflict = file?.conflict
    this.#notice.hidden = !conflict
    if (!file || !conflict) return this.#notice.replaceChildren()
    const button = (text: string, act: () => void) => {
      const made = element('button', { type: 'button', class: 'button quiet small' }, text)
      made.addEventListener('click', act)
      return made
    }
    const name = nameOf(file.path, [])
    const { text, hash } = conflict
    if (hash === '')
      return this.#notice.replaceChildren(
        element('span', {}, fill(words.deletedTitle, { name })),
        button(words.deletedSave, () => this.#settle(file, hash)),
        button(words.deletedClose, () => this.#forget(file.path)),
      )
    this.#notice.replaceChildren(
      element('span', {}, fill(words.changedTitle, { name })),
      button(words.changedMine, () => this.#settle(file, hash)),
      ...(text === undefined
        ? []
        : [
            button(words.changedTheirs, () => {
              file.saved = text
              file.hash = hash
              delete file.conflict
              this.#editor.replaceText(text)
              this.#keepDraft()
              this.#draw()
            }),
            button(words.changedCompare, () => {
              this.#isDiffing = true
              this.#keepState()
              this.#draw()
              this.#compare.show({ title: words.compareFiles, before: text, after: textIn(file), same: '' })
            }),
          ]),
    )
  }

  /** The text here is to take the place of what is there. */
  #settle(file: OpenFile, hash: string): void {
    file.hash = hash
    delete file.conflict
    void this.#save()
  }

  #drawFoot(): void {
    const words = theWords().files
    const file = this.#file
    const { state } = this.#editor.view
    const { head } = state.selection.main
    const line = state.doc.lineAt(head)
    const canEdit = file?.state !== undefined
    this.#place.textContent = canEdit
      ? fill(words.position, { line: line.number, column: head - line.from + 1 })
      : ''
    let problems = 0
    forEachDiagnostic(state, () => problems++)
    this.#count.hidden = !canEdit || problems === 0
    this.#count.textContent = fill(problems === 1 ? words.problem : words.problemsCount, { count: problems })
    this.#field.hidden = !canEdit || !isManifest(file.path)
    clearTimeout(this.#fieldTimer)
    this.#fieldTimer = setTimeout(() => this.#drawField(), FIELD_DELAY_MS)
  }

  /** What is wrong in the cursor's line, else what the cluster says of the field: hovering needs a mouse. */
  #drawField(): void {
    const { state } = this.#editor.view
    const { head } = state.selection.main
    const line = state.doc.lineAt(head)
    let problem = ''
    forEachDiagnostic(state, ({ message }, from, to) => {
      if (problem === '' && from <= line.to && to >= line.from) problem = message
    })
    const field = problem === '' ? fieldAt(state.doc.toString(), head, this.#kinds) : undefined
    this.#field.classList.toggle('wrong', problem !== '')
    this.#field.title = problem || (field?.description.slice(0, 600) ?? '')
    if (!field) {
      this.#field.textContent = problem || '\u00a0'
      return
    }
    const description = field.description === '' ? '' : ` — ${field.description.slice(0, 300)}`
    this.#field.replaceChildren(element('b', {}, wayText(field.way)), ` ${field.type}${description}`)
  }

  #makeBar(): HTMLElement {
    const words = theWords().files
    const button = (does: string, text: string, hint: string, kind: string) =>
      element('button', { type: 'button', class: `button ${kind} small`, 'data-do': does, title: hint }, text)
    const list = button('list', words.showTree, words.showTree, 'quiet files-list')
    const bar = element(
      'div',
      { class: 'files-bar' },
      list,
      this.#tabs.host,
      element('span', { class: 'grow' }),
      button('diff', words.diff, words.diffHint, 'quiet'),
      button('save', words.save, words.saveHint, 'quiet'),
      button('apply', words.apply, words.applyHint, ''),
    )
    bar.addEventListener('click', event => {
      const does =
        event.target instanceof Element ? event.target.closest<HTMLElement>('[data-do]')?.dataset['do'] : ''
      if (does === 'save') void this.#save()
      if (does === 'apply') void this.#apply()
      if (does === 'diff') this.#setDiffing(!this.#isDiffing)
      if (does === 'list') {
        this.#host.dataset['open'] = String(this.#host.dataset['open'] !== 'true')
        list.setAttribute('aria-expanded', String(this.#host.dataset['open'] !== 'true'))
      }
    })
    return bar
  }
}
