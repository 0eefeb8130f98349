# chromium.bash PORT DIRECTORY - a page with a style sheet, a picture and a link.
#
# The page counts what was loaded; nothing may be said in the browser's console.
browser=$(command -v chromium || command -v chromium-browser) site=$2 home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cat >"$site/page.html" <<'END'
<!doctype html>
<meta charset="utf-8">
<title>loading</title>
<link rel="icon" href="picture.svg">
<link rel="stylesheet" href="style.css">
<img src="picture.svg" alt="a picture"><img src="dir/picture.svg?x=1" alt="another one">
<iframe src="dir"></iframe>
<script>
onload = async function () {
    const images = [...document.images].filter(image => image.naturalWidth === 10).length;
    const style = getComputedStyle(document.body).position;
    const linked = await (await fetch("dir")).text();
    const framed = frames[0].document.body.textContent.trim();
    document.title = [images, style, linked.trim(), framed].join(", ");
};
</script>
END
echo 'body { position: relative }' >"$site/style.css"
echo '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/></svg>' |
    tee "$site/picture.svg" >"$site/dir/picture.svg"
page=$(HOME=$home "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$home/data" --enable-logging=stderr \
    --virtual-time-budget=10000 --dump-dom "http://127.0.0.1:$1/page.html" 2>"$home/said")
title=$(sed -n 's|.*<title>\(.*\)</title>.*|\1|p' <<<"$page")
[ "$title" = '2, relative, in dir, in dir' ] || { echo "the page says '$title', and not '2, relative, in dir, in dir'" >&2 && exit 1; }
if grep CONSOLE "$home/said" >&2; then exit 1; fi
