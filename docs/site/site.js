// The search of the documents, and the menu of a narrow window. The pages are whole without it. They may be read from a disk,
// where a page cannot fetch anything, so the index is a script that is loaded when somebody begins to search.

const up = document.body.dataset.up
const form = document.querySelector('header form')
const input = document.getElementById('words')
const found = document.getElementById('found')
const article = document.querySelector('article')

let loading
const load = () =>
  (loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = `${up}search.js`
    script.onload = () => resolve(window.seatcastPages)
    script.onerror = reject
    document.head.append(script)
  }))

/** How well a part of a page answers; 0: not every word is in it. */
const score = ([title, heading, , text], words) => {
  let sum = 0
  for (const word of words) {
    const points =
      (heading.toLowerCase().includes(word) ? 8 : 0) +
      (title.toLowerCase().includes(word) ? 4 : 0) +
      (text.toLowerCase().includes(word) ? 1 : 0)
    if (points === 0) return 0
    sum += points
  }
  return sum
}

/** The text around the first of the words. */
const around = (text, words) => {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0)
  const start = Math.max(0, Math.min(...places, text.length) - 60)
  return (start > 0 ? '…' : '') + text.slice(start, start + 180)
}

const entry = ([title, heading, place, text], words) => {
  const item = document.createElement('li')
  const link = document.createElement('a')
  link.href = up + place
  link.textContent = heading && heading !== title ? `${title}: ${heading}` : title
  const line = document.createElement('p')
  line.textContent = around(text, words)
  item.append(link, line)
  return item
}

const show = async () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  const pages = words.length > 0 ? await load() : []
  // Somebody may have typed on while the index was loading.
  if (words.join() !== input.value.toLowerCase().split(/\s+/).filter(Boolean).join()) return
  const hits = pages
    .map((page) => [score(page, words), page])
    .filter(([points]) => points > 0)
    .sort(([one], [other]) => other - one)
    .slice(0, 20)
  found.hidden = words.length === 0
  article.hidden = !found.hidden
  const heading = document.createElement('h1')
  heading.textContent = hits.length > 0 ? 'Found' : 'Nothing found'
  const list = document.createElement('ul')
  list.append(...hits.map(([, page]) => entry(page, words)))
  found.replaceChildren(heading, list)
}

form.hidden = false
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const first = found.querySelector('a')
  if (first) location.href = first.href
})
input.addEventListener('input', show)
input.addEventListener('focus', load)
// A result may be on the page that is open.
found.addEventListener('click', (event) => {
  if (event.target.closest('a')) {
    input.value = ''
    show()
  }
})
addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== input && !event.ctrlKey && !event.metaKey) {
    event.preventDefault()
    input.focus()
  }
  if (event.key === 'Escape' && document.activeElement === input) {
    input.value = ''
    show()
  }
})

const menu = document.querySelector('.menu')
const narrow = matchMedia('(max-width: 56rem)')
const fold = () => (menu.open = !narrow.matches)
narrow.addEventListener('change', fold)
fold()
