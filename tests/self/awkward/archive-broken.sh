# What: has archives that cannot be opened
# Left: all.rar: an archive of a kind that we don't open; hand in a .zip
# Left: all.zip: archive not opened: unzip cannot read it
# Note: nothing to grade was found: all.rar: an archive of a kind that we don't open; hand in a .zip; its report says why 1 more was left out
echo 'no archive' >all.zip
echo 'no archive' >all.rar
