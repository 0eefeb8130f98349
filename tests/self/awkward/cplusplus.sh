# What: is written in C++
# Left: 01-socket/server.cpp: C++; the lessons are in C
# Note: nothing to grade was found: 01-socket/server.cpp: C++; the lessons are in C
mkdir 01-socket
echo 'int main() {}' >01-socket/server.cpp
