# What: has archives that cannot be opened
# Left: all.rar: an archive of a kind that is not opened here; a .zip would be
# Left: all.zip: an archive that was not opened: unzip cannot read it
# Note: nothing to grade was found
echo 'no archive' >all.zip
echo 'no archive' >all.rar
