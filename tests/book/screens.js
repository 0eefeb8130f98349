// screens.js - looks at pages of the book in a browser, on a telephone's screen.
//
// tests/book/check puts it into a page, after the constants `book` (an address) and
// `pages` (names).  It prints a line that begins with "said: " for each thing that is
// wrong, and one in the end.
'use strict';

// A telephone and a laptop, in CSS pixels.
const widths = [360, 1280];
const said = document.getElementById('said');
const say = (text) => said.append(`\nsaid: ${text}\n`);

const frame = document.createElement('iframe');
frame.height = 740;
document.body.append(frame);

const load = (address) => new Promise((resolve) => {
    frame.onload = resolve;
    frame.src = address;
});

// A color as Chromium writes it: rgb(1, 2, 3) or rgba(1, 2, 3, 0.5).
const numbers = (color) => color.match(/[\d.]+/g).map(Number);

// The relative luminance that WCAG 2 defines, and the contrast of two colors.
function luminance(color) {
    const [r, g, b] = numbers(color).slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}

// What is behind an element: the background of the first one around it that has any.
function background(window, element) {
    for (let at = element; at; at = at.parentElement) {
        const color = window.getComputedStyle(at).backgroundColor;
        if ((numbers(color)[3] ?? 1) === 1)
            return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
}

// Each element that has text of its own.
function* texts(document) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() && !seen.has(element)) {
            seen.add(element);
            yield element;
        }
    }
}

// Unreadable text of a page.  A class of elements is reported once.
function unreadable(page, window) {
    const reported = new Set();
    for (const element of texts(window.document)) {
        const { color, fontSize } = window.getComputedStyle(element);
        const behind = background(window, element);
        const ratio = contrast(color, behind);
        const key = `${element.localName} ${color} ${behind}`;
        if (reported.has(key))
            continue;
        reported.add(key);
        const text = element.textContent.slice(0, 30);
        if (ratio < 4.5)
            say(`${page}: "${text}" has a contrast of ${ratio.toFixed(1)}, and needs 4.5`);
        if (parseFloat(fontSize) < 12)
            say(`${page}: "${text}" has letters of ${fontSize}, and needs 12px`);
    }
}

// The element that makes the page wider than the screen: the innermost that sticks out
// and has nothing around it that scrolls or hides it.
function widest(window, width) {
    const scrolls = (element) => element !== null && element.localName !== 'body' && element.localName !== 'html' &&
        (window.getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    const out = [...window.document.body.querySelectorAll('*')].filter((element) =>
        element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement));
    const last = out.at(-1);
    return last ? `<${last.localName}> "${last.textContent.slice(0, 40)}"` : 'something';
}

async function look(page) {
    await load(book + page);
    const window = frame.contentWindow;
    const root = window.document.documentElement;
    for (const width of widths) {
        frame.width = width;
        if (root.scrollWidth > width)
            say(`${page}: on a screen of ${width} pixels it scrolls sideways (${root.scrollWidth}): ` +
                widest(window, width));
    }
    for (const image of window.document.images)
        if (image.naturalWidth === 0)
            say(`${page}: the picture ${image.getAttribute('src')} does not appear`);
    for (const link of window.document.links)
        if (link.tabIndex >= 0 && !link.textContent.trim() && !link.querySelector('img:not([alt=""])'))
            say(`${page}: a link to ${link.getAttribute('href')} has no text`);
    unreadable(page, window);
}

(async () => {
    for (const page of pages)
        await look(page);
    const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    say(`looked at ${pages.length} pages, ${scheme}`);
})().catch((error) => say(`the check failed: ${error}`));
