# What: has archives that cannot be opened
# Left: all.rar: an archive of a kind that we don't open; hand in a .zip
# Left: all.zip: archive not opened: unzip cannot read it
# Note: nothing to grade was found: the report lists what was left out, and why
echo 'no archive' >all.zip
echo 'no archive' >all.rar
