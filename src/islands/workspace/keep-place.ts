/** Changing the language keeps the place: the link carries the step that is unfolded or was linked to. */
for (const nav of document.querySelectorAll<HTMLElement>('[data-keeps-place]'))
  nav.addEventListener('click', event => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link) link.hash = location.hash || currentStep()
  })

function currentStep(): string {
  const active = document.querySelector<HTMLElement>('meshdojo-step[data-state=active]')
  return active?.dataset['step'] ? `#${active.dataset['step']}` : ''
}
